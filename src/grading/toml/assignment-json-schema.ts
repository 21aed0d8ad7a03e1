import type { toJsonSchema } from '@valibot/to-json-schema'
import { assignmentSchema } from './assignment-schema.ts'

/**
 * The JSON Schema of an `assignment.toml`: editors complete and check the file by it, through a `#:schema` comment.
 *
 * @internal
 * @param convert @valibot/to-json-schema's function, which only development has
 */
export function assignmentJsonSchema(convert: typeof toJsonSchema): object {
  // JSON Schema cannot express every check, so `gradebox grade` may still refuse a file that an editor accepts.
  const schema = convert(assignmentSchema, { target: 'draft-07', errorMode: 'ignore' })
  return { title: 'Gradebox assignment', ...schema }
}
