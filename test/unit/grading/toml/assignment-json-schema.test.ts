import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assignmentJsonSchema } from '../../../../scripts/json-schemas.mjs'
import { initFiles } from '../../../../src/cli/init/init-files.ts'
import { assignmentSchema } from '../../../../src/grading/toml/assignment-schema.ts'

const root = join(import.meta.dirname, '../../../..')
const shipped = join(root, 'assignment.schema.json')

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly additionalProperties?: Schema | boolean
}

test('assignment.schema.json is generated from the schema: to update it, run npm run assignment-schema', () => {
  const schema = JSON.parse(JSON.stringify(assignmentJsonSchema(assignmentSchema)))
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(schema)
})

test('every key of an assignment.toml has a description', () => {
  const undescribed = (schema: Schema, path: string): string[] => [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
      ...(property.description === undefined ? [`${path}${name}`] : []),
      ...undescribed(property, `${path}${name}.`),
    ]),
    ...undescribedIn(schema.items, `${path}[].`),
    ...undescribedIn(schema.additionalProperties, `${path}*.`),
    ...(schema.anyOf ?? []).flatMap((each) => undescribed(each, path)),
  ]
  const undescribedIn = (schema: Schema | boolean | undefined, path: string) =>
    typeof schema === 'object' ? undescribed(schema, path) : []
  expect(undescribed(assignmentJsonSchema(assignmentSchema) as Schema, '')).toEqual([])
})

test('the assignment that `gradebox init` writes names the schema where npm installs it', () => {
  const files = initFiles('toml', { gradescope: false, github: false }, '0.1.0')
  const toml = files.find(({ path }) => path === 'assignment.toml')?.contents ?? ''
  const [, path] = /^#:schema \.\/node_modules\/gradebox\/(.+)\n/.exec(toml) ?? []
  expect(path).toBe('assignment.schema.json')
  expect(existsSync(join(root, path ?? ''))).toBe(true)
  const { files: packed } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packed).toContain(path)
})
