import type { Report } from '../../report/report-schema.ts'

/** Short words and short numbers do not count as names, because programs and their output also contain such words. */
const isName = (word: string): boolean => (/^\d+$/.test(word) ? word.length > 4 : word.length > 2)

/** Fields whose values never name a student, although a value may equal a student's id. */
const words = new Set(['status', 'visibility', 'feedback', 'signal', 'sha256', 'group'])

/**
 * Makes a function that replaces every name of a student in the texts of a value. Such names are ids, full names and
 * their parts, e-mail addresses, and the paths of submissions. Messages, file names and programs can also contain names.
 */
export function withoutNames({ submissions }: Report): <Value>(value: Value) => Value {
  const all = submissions.flatMap(({ id, source, people }) => [
    id,
    source,
    ...people.flatMap(({ id: own, name, email }) =>
      [own, name, email, ...(name?.split(/\s+/) ?? []), email?.split('@')[0]].flatMap(
        (each) => each ?? [],
      ),
    ),
  ])
  // The longest name comes first, because an e-mail address may contain a name.
  const names = [...new Set(all)].filter(isName).sort((a, b) => b.length - a.length)
  if (names.length === 0) return (value) => value
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${names.map(escaped).join('|')})(?![\\p{L}\\p{N}])`,
    'gu',
  )
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(pattern, '[student]')
    if (Array.isArray(value)) return value.map(replace)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, words.has(key) ? each : replace(each)]),
    )
  }
  return <Value>(value: Value) => replace(value) as Value
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
