// @ts-check
// Writes assignment.schema.json from the built package: npm run assignment-schema
import { writeFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { assignmentJsonSchema } from '../dist/grading/toml/assignment-json-schema.js'

const target = new URL('../assignment.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(assignmentJsonSchema(toJsonSchema), null, 2)}\n`)
