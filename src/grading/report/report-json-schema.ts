import type { toJsonSchema } from '@valibot/to-json-schema'
import { reportSchema } from './report-schema.ts'

/**
 * The JSON Schema of a report, for programs in other languages that read it.
 *
 * @internal
 * @param convert @valibot/to-json-schema's function, which only development has
 */
export function reportJsonSchema(convert: typeof toJsonSchema): object {
  return { title: 'Gradebox report', ...convert(reportSchema, { target: 'draft-07' }) }
}
