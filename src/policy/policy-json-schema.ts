import type { toJsonSchema } from '@valibot/to-json-schema'
import { policySchema } from './policy-schema.ts'

/**
 * The JSON Schema of a policy file, by which editors complete and check a file with a `#:schema` comment.
 *
 * @internal
 * @param convert the function of @valibot/to-json-schema, which only development installs
 */
export function policyJsonSchema(convert: typeof toJsonSchema): object {
  // JSON Schema cannot express every check, so Gradebox may still refuse a policy that the schema accepts.
  const schema = convert(policySchema, {
    target: 'draft-07',
    errorMode: 'ignore',
    // In a file contents are text; bytes exist only in code.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'custom' ? { ...jsonSchema, type: 'string' } : undefined,
  })
  return { title: 'Gradebox policy', ...schema }
}
