// Writes policies/policy.schema.json, and the keys' reference in docs/policy-keys.md, from the built package:
// npm run policy-schema
import { writeFileSync } from 'node:fs'
import { limitRows } from '../dist/limits/table.js'
import { policySchema } from '../dist/policy/policy-schema.js'
import { policyJsonSchema } from './json-schemas.mjs'
import { writeLimitsTable } from './limits-table.mjs'
import { writeReference } from './policy-reference.mjs'

const target = new URL('../policies/policy.schema.json', import.meta.url)
const schema = policyJsonSchema(policySchema)
writeFileSync(target, `${JSON.stringify(schema, null, 2)}\n`)
writeReference(schema, limitRows)
writeLimitsTable(limitRows)
