import { format } from 'node:util'

/**
 * The title of a test of `.each` or `.for`. `%s`, `%i` and similar marks take the row's values in turn. `%#` takes the
 * row's index from 0, and `%$` the index from 1. `$name` takes a property of a row that is an object.
 *
 * @example
 * rowTitle('median of %j', [[3, 1, 2]], 0) // 'median of [3,1,2]'
 */
export function rowTitle(template: string, row: readonly unknown[], index: number): string {
  const [first] = row
  const numbered = template.replaceAll('%#', String(index)).replaceAll('%$', String(index + 1))
  const wanted = numbered.match(/%[sdifjoO]/g)?.length ?? 0
  const filled = wanted === 0 ? numbered : format(numbered, ...row.slice(0, wanted))
  if (typeof first !== 'object' || first === null) return filled
  return filled.replace(/\$(\w+)/g, (whole, name: string) =>
    Object.hasOwn(first, name) ? format('%s', (first as Record<string, unknown>)[name]) : whole,
  )
}
