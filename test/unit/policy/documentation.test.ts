import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import { expect, test } from 'vitest'
import { policyJsonSchema } from '../../../src/policy/json-schema.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { parsePolicy } from '../../../src/policy/parse.ts'
import { shippedPolicies } from '../../../src/policy/shipped.ts'

const path = fileURLToPath(new URL('../../../docs/policies.md', import.meta.url))
const text = readFileSync(path, 'utf8')
const examples = [...text.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, example]) => example ?? '')

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

function keysOf({ properties = {}, items }: Schema): string[] {
  const below = Object.values(properties).flatMap(keysOf)
  return [...Object.keys(properties), ...below, ...(items === undefined ? [] : keysOf(items))]
}

test('the documentation has examples', () => {
  expect(examples.length).toBeGreaterThan(5)
})

test.each(examples)('an example of the documentation loads: %#', (example) => {
  expect(() => parsePolicy(example, { name: 'example', path: `${path}.toml` })).not.toThrow()
})

test('the documentation has every key', () => {
  const keys = keysOf(policyJsonSchema(toJsonSchema) as Schema)
  expect(keys.filter((key) => !text.includes(`\`${key}\``) && !text.includes(`${key} = `))).toEqual(
    [],
  )
})

test('the documentation has every shipped policy, and each says what it is for', () => {
  for (const name of shippedPolicies()) {
    expect(text).toContain(`| \`${name}\` `)
    expect(loadPolicy(name).description).not.toBe('')
  }
})
