// @ts-check
// The JSON Schemas that the package ships. JSON Schema cannot express every check, so Gradebox may still refuse a file
// that a schema accepts.
import { toJsonSchema } from '@valibot/to-json-schema'

/**
 * The JSON Schema of a policy file. With this schema, editors complete and check a file that has a `#:schema` comment.
 *
 * @param {typeof import('../src/policy/policy-schema.ts').policySchema} schema
 * @returns {object}
 */
export const policyJsonSchema = (schema) => ({
  title: 'Gradebox policy',
  ...toJsonSchema(schema, {
    target: 'draft-07',
    errorMode: 'ignore',
    // In a file, contents are text. Bytes exist only in code.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'custom' ? { ...jsonSchema, type: 'string' } : undefined,
  }),
})

/**
 * The JSON Schema of an `assignment.toml`. With this schema, editors complete and check the file.
 *
 * @param {typeof import('../src/grading/toml/assignment-schema.ts').assignmentSchema} schema
 * @returns {object}
 */
export const assignmentJsonSchema = (schema) => ({
  title: 'Gradebox assignment',
  ...toJsonSchema(schema, { target: 'draft-07', errorMode: 'ignore' }),
})

/**
 * The JSON Schema of a report, for programs in other languages that read it.
 *
 * @param {typeof import('../src/grading/report/report-schema.ts').reportSchema} schema
 * @returns {object}
 */
export const reportJsonSchema = (schema) => ({
  title: 'Gradebox report',
  ...toJsonSchema(schema, { target: 'draft-07' }),
})
