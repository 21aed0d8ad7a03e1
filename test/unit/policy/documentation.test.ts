import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { policyJsonSchema } from '../../../scripts/json-schemas.mjs'
import { withLimitsTable } from '../../../scripts/limits-table.mjs'
import { withReference } from '../../../scripts/policy-reference.mjs'
import { limitRows } from '../../../src/limits/table.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'
import { policySchema } from '../../../src/policy/policy-schema.ts'
import { shippedPolicies } from '../../../src/policy/shipped.ts'

const path = fileURLToPath(new URL('../../../docs/policies.md', import.meta.url))
const text = readFileSync(path, 'utf8')
const keys = readFileSync(new URL('../../../docs/policy-keys.md', import.meta.url), 'utf8')
const examples = [...`${text}\n${keys}`.matchAll(/^```toml\n(.*?)^```$/gms)].map(
  ([, example]) => example ?? '',
)

test('the documentation has examples', () => {
  expect(examples.length).toBeGreaterThan(5)
})

test.each(examples)('an example of the documentation loads: %#', (example) => {
  expect(() => parsePolicy(example, { name: 'example', path: `${path}.toml` })).not.toThrow()
})

test('the documentation of the keys matches the schema: to update it, run npm run policy-schema', () => {
  expect(withReference(keys, policyJsonSchema(policySchema), limitRows)).toBe(keys)
})

test('the documentation of the limits matches their table: to update it, run npm run policy-schema', () => {
  const limits = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8')
  expect(withLimitsTable(limits, limitRows)).toBe(limits)
})

test('every key occurs in its own example', () => {
  const sections = [...keys.matchAll(/^## `([^`]+)`$.*?^```toml\n(.*?)^```$/gms)]
  expect(sections.length).toBeGreaterThan(50)
  for (const [, path = '', example = ''] of sections) {
    expect(example).toContain(path.split('.').at(-1)?.replace('[]', ''))
  }
})

test('the documentation has every shipped policy, and each states its purpose', () => {
  for (const name of shippedPolicies()) {
    expect(text).toContain(`| \`${name}\` `)
    expect(loadPolicy(name).description).not.toBe('')
  }
})
