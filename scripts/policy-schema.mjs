// Writes policies/policy.schema.json from the built package:
// npm run build && node scripts/policy-schema.mjs && npm run format
import { writeFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { policyJsonSchema } from '../dist/policy/json-schema.js'

const target = new URL('../policies/policy.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(policyJsonSchema(toJsonSchema), null, 2)}\n`)
