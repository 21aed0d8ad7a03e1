import { english } from './languages/english.ts'
import { german } from './languages/german.ts'
import { spanish } from './languages/spanish.ts'
import type { FeedbackTexts } from './languages/texts.ts'

/** A language that Gradebox has texts for. */
export type FeedbackLanguage = 'en' | 'de' | 'es'

/** The texts that come with Gradebox, by language. */
export const feedbackTexts: Readonly<Record<FeedbackLanguage, FeedbackTexts>> = {
  en: english,
  de: german,
  es: spanish,
}

/** Language and texts of the messages for students. */
export interface FeedbackOptions {
  /** @default 'en' */
  readonly language?: FeedbackLanguage | undefined
  /** Texts of the caller. These texts replace the texts of the language. */
  readonly texts?: Partial<FeedbackTexts> | undefined
}

/**
 * The texts that the options ask for.
 *
 * @throws {RangeError} for a language that Gradebox has no texts for
 */
export function chooseTexts({ language = 'en', texts }: FeedbackOptions): FeedbackTexts {
  if (!Object.hasOwn(feedbackTexts, language)) {
    const known = Object.keys(feedbackTexts).map((each) => JSON.stringify(each))
    throw new RangeError(
      `Expected \`language\` to be one of ${known.join(', ')}, got ${JSON.stringify(language)}; pass other languages as \`texts\``,
    )
  }
  return { ...feedbackTexts[language], ...texts }
}

/** Replaces each `{name}` of a template with the value of that name. A `{name}` inside a value stays unchanged. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  )
}
