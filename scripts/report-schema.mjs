// @ts-check
// Writes gradebox-report.schema.json from the built package: npm run report-schema
import { writeFileSync } from 'node:fs'
import { reportSchema } from '../dist/grading/report/report-schema.js'
import { reportJsonSchema } from './json-schemas.mjs'

const target = new URL('../gradebox-report.schema.json', import.meta.url)
const schema = reportJsonSchema(reportSchema)
writeFileSync(target, `${JSON.stringify(schema, null, 2)}\n`)
