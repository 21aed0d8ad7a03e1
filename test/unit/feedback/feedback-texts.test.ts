import { expect, test } from 'vitest'
import { feedbackTexts, fill } from '../../../src/feedback/feedback-texts.ts'

/** Every text with its path: `crashes.SIGSEGV`. */
function flatten(texts: object, prefix = ''): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flatten(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, String(value)] as [string, string]],
  )
}

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()

test.each(['de', 'es'] as const)(
  'the texts in %s use the placeholders of the English ones',
  (language) => {
    const english = flatten(feedbackTexts.en).map(([key, text]) => [key, placeholders(text)])
    const translated = flatten(feedbackTexts[language]).map(([key, text]) => [
      key,
      placeholders(text),
    ])
    expect(translated).toEqual(english)
  },
)

test.each(['de', 'es'] as const)('every text is translated into %s', (language) => {
  const english = new Map(flatten(feedbackTexts.en))
  const same = flatten(feedbackTexts[language]).filter(([key, text]) => english.get(key) === text)
  expect(same).toEqual([])
})

test('a value is not read as a template', () => {
  expect(fill('{a} {b} {c}', { a: '{b}', b: '$&' })).toBe('{b} $& {c}')
})
