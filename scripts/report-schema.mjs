// @ts-check
// Writes gradebox-report.schema.json from the built package: npm run report-schema
import { writeFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { reportJsonSchema } from '../dist/grading/report/report-json-schema.js'

const target = new URL('../gradebox-report.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(reportJsonSchema(toJsonSchema), null, 2)}\n`)
