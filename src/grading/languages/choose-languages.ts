import { SandboxError } from '../../errors/sandbox-error.ts'
import { checkLanguage } from './check-language.ts'
import type { Language, LanguageTable } from './language.ts'
import { languages as shipped } from './language-table.ts'

/**
 * The languages of an assignment: names of shipped languages, or an object. Each value of the object is a change of
 * a language (`{ c: { compile: … } }`), `true` for an unchanged language, or a new language.
 *
 * @example { c: true, java: { limits: { memory: '1GiB' } }, lua: { title: 'Lua', extensions: ['.lua'], … } }
 */
export type LanguageChoice = readonly string[] | Readonly<Record<string, true | Partial<Language>>>

/**
 * The table of an assignment's languages.
 *
 * @throws {SandboxError} OPTION_INVALID for a name that is unknown, for a wrong part of a language, and for a new
 *   language that lacks a part
 */
export function chooseLanguages(choice: LanguageChoice | undefined): LanguageTable {
  if (choice === undefined) return shipped
  const changes: Readonly<Record<string, true | Partial<Language>>> = isNames(choice)
    ? Object.fromEntries(choice.map((name) => [name, true]))
    : choice
  const chosen = Object.entries(changes).map(([name, change]) => [name, changed(name, change)])
  // An object without `true` keeps all other shipped languages. A list, or an object with `true`, keeps only the
  // languages that it names.
  const isSelection = Object.values(changes).some((change) => change === true)
  return isSelection ? Object.fromEntries(chosen) : { ...shipped, ...Object.fromEntries(chosen) }
}

const isNames = (choice: LanguageChoice): choice is readonly string[] => Array.isArray(choice)

function changed(name: string, change: true | Partial<Language>): Language {
  const base: Language | undefined = Object.hasOwn(shipped, name)
    ? (shipped as LanguageTable)[name]
    : undefined
  if (change === true) {
    if (base !== undefined) return base
    throw new SandboxError(`There is no language \`${name}\``, {
      code: 'OPTION_INVALID',
      hint: `The languages are ${Object.keys(shipped).join(', ')}. An object adds one.`,
    })
  }
  checkLanguage(name, change)
  const { limits, ...parts } = change
  // Changed limits are stored in `ownLimits`, because the assignment's limits for all languages replace `limits`.
  if (base !== undefined) return { ...base, ...parts, ...(limits && { ownLimits: limits }) }
  return complete(name, change)
}

const wanted = ['title', 'extensions', 'run', 'version', 'install'] as const

function complete(name: string, language: Partial<Language>): Language {
  const missing = [
    ...wanted.filter((part) => language[part] === undefined),
    ...(language.limits?.memory === undefined ? ['limits.memory'] : []),
  ]
  if (missing.length === 0) return language as Language
  throw new SandboxError(`The language \`${name}\` lacks ${missing.join(', ')}`, {
    code: 'OPTION_INVALID',
    hint: 'A language that does not come with Gradebox needs all of these; see docs/languages.md.',
  })
}
