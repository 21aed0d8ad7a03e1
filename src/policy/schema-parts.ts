import * as v from 'valibot'
import { alternatives, show, unknownName } from '../errors/problem.ts'

/** The message about a value of another type: `expected text, got 5`. */
export const expected = (what: string) => (issue: { readonly input: unknown }) =>
  `expected ${what}, got ${show(issue.input)}`

/** Accepts one of some words. The message about another word suggests the word that the author probably meant. */
export function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, (issue) =>
    typeof issue.input === 'string'
      ? unknownName('value', issue.input, words)
      : expected(alternatives(words.map((word) => `"${word}"`)))(issue),
  )
}

/** An optional key with its description for the JSON Schema and the documentation. */
export function key<Schema extends v.GenericSchema>(schema: Schema, about: string) {
  return v.optional(v.pipe(schema, v.description(about)))
}
