import { dirname, resolve } from 'node:path'
import type { LimitOptions } from '../../runner/options/sandbox-options.ts'
import type {
  AssignmentOptions,
  CasesOptions,
  GroupOptions,
} from '../assignment/assignment-options.ts'
import { readCaseText } from '../assignment/cases.ts'
import type { DataTest } from '../assignment/data-test.ts'
import type { LanguageChoice } from '../languages/choose-languages.ts'
import type { Language } from '../languages/language.ts'
import { languages as shipped } from '../languages/language-table.ts'
import type { RawAssignment } from './assignment-schema.ts'

/** How a test compares output. */
export type Compare = NonNullable<CasesOptions['compare']>

/** The declarations of an `assignment.toml`. */
export interface TomlAssignment {
  readonly options: AssignmentOptions
  readonly groups: readonly { readonly name: string; readonly options: GroupOptions }[]
  readonly tests: readonly DataTest[]
  readonly cases: readonly { readonly path: string; readonly options: CasesOptions }[]
}

/** Turns a checked `assignment.toml` into options. */
export function toOptions(raw: RawAssignment, path: string): TomlAssignment {
  const folder = dirname(path)
  const { name, submissions = 'submissions', languages, feedbackLanguage, limits } = raw
  return {
    options: {
      name,
      submissions: submissions as string | string[],
      ...(languages === undefined ? {} : { languages: toLanguages(languages) }),
      ...(feedbackLanguage === undefined ? {} : { feedbackLanguage }),
      ...(limits === undefined ? {} : { limits: toLimits(limits) }),
    },
    groups: (raw.groups ?? []).map(({ name: group, ...options }) => ({
      name: group,
      options: defined(options),
    })),
    tests: (raw.tests ?? []).map((test) => toTest(test, folder)),
    cases: (raw.cases ?? []).map(({ path: pattern, compare, limits: own, ...options }) => ({
      path: pattern,
      options: {
        ...defined(options),
        ...(own === undefined ? {} : { limits: toLimits(own) }),
        compare: toCompare(compare),
      },
    })),
  }
}

type RawTest = NonNullable<RawAssignment['tests']>[number]

function toTest(test: RawTest, folder: string): DataTest {
  const {
    name,
    args = [],
    stdin,
    stdinFile,
    stdout,
    stdoutFile,
    exitCode = 0,
    compare,
    limits,
    ...options
  } = test
  const read = (file: string) => readCaseText(resolve(folder, file))
  const answer = stdoutFile === undefined ? stdout : read(stdoutFile)
  return {
    name,
    args,
    input: stdinFile === undefined ? (stdin ?? '') : read(stdinFile),
    ...(answer === undefined ? {} : { answer }),
    exitCode,
    compare: toCompare(compare),
    options: { ...defined(options), ...(limits === undefined ? {} : { limits: toLimits(limits) }) },
  }
}

function toCompare(compare: RawTest['compare']): Compare {
  if (compare === undefined || typeof compare === 'string') return compare ?? 'lines'
  const { mode = 'tokens', prompts, ...tokens } = compare
  if (mode !== 'tokens') return mode
  return {
    ...defined(tokens),
    ...(prompts === undefined ? {} : { prompts: new RegExp(prompts, 'g') }),
  }
}

// A time without a unit means whole seconds in a file, but milliseconds in code.
function toLimits(limits: Readonly<Record<string, string | number>>): LimitOptions {
  const entries = Object.entries(limits).map(([name, value]) => {
    const isTime = name === 'walltime' || name === 'cpu'
    return [name, isTime && typeof value === 'number' ? value * 1000 : value]
  })
  return Object.fromEntries(entries) as LimitOptions
}

function toLanguages(languages: NonNullable<RawAssignment['languages']>): LanguageChoice {
  if (Array.isArray(languages)) return languages
  const entries = Object.entries(languages).map(([name, change]) => {
    if (change === true) return [name, true]
    const { limits, flags } = change
    return [
      name,
      {
        ...(limits === undefined ? {} : { limits: toLimits(limits) }),
        ...(flags === undefined ? {} : withFlags(name, flags)),
      },
    ]
  })
  return Object.fromEntries(entries) as LanguageChoice
}

// The flags come right after the compiler's name.
function withFlags(name: string, flags: readonly string[]): Partial<Language> {
  const language = (shipped as Readonly<Record<string, Language>>)[name]
  const compile = language?.compile
  if (compile === undefined) return {}
  return {
    compile: (project) => {
      const [program, ...args] = compile(project)
      return [program, ...flags, ...args]
    },
  }
}

const defined = <Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
