// @ts-check
// Writes assignment.schema.json from the built package: npm run assignment-schema
import { writeFileSync } from 'node:fs'
import { assignmentSchema } from '../dist/grading/toml/assignment-schema.js'
import { assignmentJsonSchema } from './json-schemas.mjs'

const target = new URL('../assignment.schema.json', import.meta.url)
const schema = assignmentJsonSchema(assignmentSchema)
writeFileSync(target, `${JSON.stringify(schema, null, 2)}\n`)
