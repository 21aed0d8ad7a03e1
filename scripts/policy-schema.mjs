// Writes policies/policy.schema.json, and the keys' reference in docs/policies.md, from the built package:
// npm run policy-schema
import { writeFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { limitRows } from '../dist/limits/table.js'
import { policyJsonSchema } from '../dist/policy/policy-json-schema.js'
import { writeLimitsTable } from './limits-table.mjs'
import { writeReference } from './policy-reference.mjs'

const target = new URL('../policies/policy.schema.json', import.meta.url)
const schema = policyJsonSchema(toJsonSchema)
writeFileSync(target, `${JSON.stringify(schema, null, 2)}\n`)
writeReference(schema, limitRows)
writeLimitsTable(limitRows)
