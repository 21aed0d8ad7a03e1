import * as v from 'valibot'
import { show, unknownName } from '../errors/problem.ts'

const expectedTable = (issue: { readonly input: unknown }) =>
  `expected a table, got ${show(issue.input)}`

// For valibot an array is an object.
const noList = v.custom<unknown>((value) => !Array.isArray(value), expectedTable)

/** A table with any number of keys. `key` checks each key, and `value` checks each value. */
export function openTable<
  Key extends v.BaseSchema<string, string, v.BaseIssue<unknown>>,
  Value extends v.GenericSchema,
>(key: Key, value: Value) {
  return v.pipe(noList, v.record(key, value, expectedTable))
}

/**
 * A table with exactly these keys. The message for an unknown key suggests a likely key. The message for a missing key
 * names that key.
 */
export function strictTable<const Entries extends v.ObjectEntries>(entries: Entries) {
  const known = Object.keys(entries)
  const table = v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return unknownName('key', String(issue.input), known)
    return issue.expected === 'Object' ? expectedTable(issue) : 'is missing'
  })
  return v.pipe(noList, table)
}
