import { types } from 'node:util'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { feedbackTexts } from '../../feedback/feedback-texts.ts'
import { unknownOption } from '../../runner/options/invalid-option.ts'
import { checkLimits } from '../languages/check-language.ts'
import { checkPoints } from '../report/points.ts'
import { feedbackModes, groupModes, visibilities } from '../report/report-schema.ts'

type Check = (name: string, value: unknown) => void

const is =
  (expected: string, fits: (value: unknown) => boolean): Check =>
  (name, value) => {
    if (fits(value)) return
    throw new SandboxError(
      `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${typeof value})`,
      { code: 'OPTION_INVALID' },
    )
  }

const oneOf = (words: readonly string[]) =>
  is(words.map((word) => `'${word}'`).join(' or '), (value) => words.includes(value as string))
const text = is('text', (value) => typeof value === 'string' && value !== '')
const flag = is('true or false', (value) => typeof value === 'boolean')
const table = is('an object', (value) => typeof value === 'object' && value !== null)
const callback = is('a function', (value) => typeof value === 'function')
const count = is(
  'a whole number from 0',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)

const testChecks: Readonly<Record<string, Check>> = {
  points: checkPoints,
  extraCredit: flag,
  visibility: oneOf(visibilities),
  group: text,
  hint: text,
  feedback: oneOf(feedbackModes),
  limits: (name, value) => checkLimits(value, name),
  timeout: count,
  retry: count,
}

const tokenOptions: Readonly<Record<string, (value: unknown) => boolean>> = {
  float: (value) => Number(value) >= 0,
  ignoreCase: (value) => typeof value === 'boolean',
  prompts: (value) => types.isRegExp(value),
}

const comparison = is(
  "'lines', 'tokens', 'exact' or { float: NUMBER, ignoreCase: true, prompts: /…/ }",
  (value) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).every(([key, each]) => tokenOptions[key]?.(each) === true)
      : ['lines', 'tokens', 'exact'].includes(value as string),
)

const checks = {
  assignment: {
    name: text,
    submissions: is(
      'a path, or a list of paths',
      (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0),
    ),
    limits: (name, value) => checkLimits(value, name),
    languages: table,
    feedbackLanguage: oneOf(Object.keys(feedbackTexts)),
    adjust: callback,
    concurrent: flag,
  },
  test: testChecks,
  cases: { ...testChecks, compare: comparison },
  group: { points: checkPoints, mode: oneOf(groupModes) },
} satisfies Readonly<Record<string, Readonly<Record<string, Check>>>>

/**
 * Checks the options of an assignment, a test, cases or a group.
 *
 * @throws {SandboxError} OPTION_INVALID, which names the option, the values that it takes, and the received value
 */
export function checkGradingOptions(
  kind: keyof typeof checks,
  options: object,
  wanted: readonly string[] = [],
): void {
  const known: Readonly<Record<string, Check>> = checks[kind]
  for (const name of wanted) known[name]?.(name, (options as Record<string, unknown>)[name])
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined
    if (check === undefined) throw unknownOption(name, Object.keys(known))
    if (value !== undefined) check(name, value)
  }
}
