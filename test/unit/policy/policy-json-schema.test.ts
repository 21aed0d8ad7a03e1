import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { policyJsonSchema } from '../../../scripts/json-schemas.mjs'
import { policySchema } from '../../../src/policy/policy-schema.ts'
import { shippedPolicies, shippedPolicyPath } from '../../../src/policy/shipped.ts'

const shipped = new URL('../../../policies/policy.schema.json', import.meta.url)

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

test('policies/policy.schema.json is generated from the schema: to update it, run npm run policy-schema', () => {
  const schema = JSON.parse(JSON.stringify(policyJsonSchema(policySchema)))
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(schema)
})

test('every key of a policy has a description', () => {
  const undescribed = (schema: Schema, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
      ...(property.description === undefined ? [`${path}${name}`] : []),
      ...undescribed(property, `${path}${name}.`),
      ...undescribed(property.items ?? {}, `${path}${name}[].`),
    ])
  expect(undescribed(policyJsonSchema(policySchema) as Schema, '')).toEqual([])
})

test('every shipped policy names the schema, for editors', () => {
  for (const name of shippedPolicies()) {
    const text = readFileSync(shippedPolicyPath(name) ?? '', 'utf8')
    expect(text.split('\n')[0], name).toBe('#:schema ./policy.schema.json')
  }
})
