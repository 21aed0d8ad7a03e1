import type { toJsonSchema } from '@valibot/to-json-schema'
import { policySchema } from './policy-schema.ts'

/**
 * The JSON Schema of a policy file: what editors complete and check through a `#:schema` comment.
 *
 * @internal
 * @param convert @valibot/to-json-schema's function, which only development has
 */
export function policyJsonSchema(convert: typeof toJsonSchema): object {
  // Checks that no JSON Schema can express are left out: what it takes may still be refused.
  const schema = convert(policySchema, {
    target: 'draft-07',
    errorMode: 'ignore',
    // Contents are text in a file; bytes only in code.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'custom' ? { ...jsonSchema, type: 'string' } : undefined,
  })
  return { title: 'Gradebox policy', ...schema }
}
