import * as v from 'valibot'
import { show, unknownName } from './problem.ts'

/**
 * A table with these keys and no others. Its messages name the key that was most likely meant, and
 * a key that is missing.
 */
export function strictTable<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries)
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return unknownName('key', String(issue.input), known)
    if (issue.expected === 'Object') return `expected a table, got ${show(issue.input)}`
    return 'is missing'
  })
}
