import { types } from 'node:util'
import { feedbackTexts } from '../../feedback/feedback-texts.ts'
import { isObject, unknownOption } from '../../runner/options/invalid-option.ts'
import {
  type Check,
  checkBoolean,
  checkFunction,
  fits,
  isText,
  oneOf,
  wholeNumber,
} from '../../runner/options/values.ts'
import { checkLimits } from '../languages/check-language.ts'
import { checkPoints } from '../report/points.ts'
import { feedbackModes, groupModes, visibilities } from '../report/report-schema.ts'

const text = fits('text', isText)
const count = wholeNumber(0)
const points: Check = (value, name) => checkPoints(name, value)

const testChecks: Readonly<Record<string, Check>> = {
  points,
  extraCredit: checkBoolean,
  visibility: oneOf(...visibilities),
  group: text,
  hint: text,
  feedback: oneOf(...feedbackModes),
  limits: checkLimits,
  timeout: count,
  retry: count,
}

const tokenOptions: Readonly<Record<string, (value: unknown) => boolean>> = {
  float: (value) => Number(value) >= 0,
  ignoreCase: (value) => typeof value === 'boolean',
  prompts: (value) => types.isRegExp(value),
}

const comparison = fits(
  "'lines', 'tokens', 'exact' or { float: NUMBER, ignoreCase: true, prompts: /…/ }",
  (value) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).every(([key, each]) => tokenOptions[key]?.(each) === true)
      : ['lines', 'tokens', 'exact'].includes(value as string),
)

const checks = {
  assignment: {
    name: text,
    submissions: fits(
      'a path, or a list of paths',
      (value) => typeof value === 'string' || (Array.isArray(value) && value.length > 0),
    ),
    limits: checkLimits,
    languages: fits('an object', isObject),
    feedbackLanguage: oneOf(...Object.keys(feedbackTexts)),
    adjust: checkFunction,
    concurrent: checkBoolean,
  },
  test: testChecks,
  cases: { ...testChecks, compare: comparison },
  group: { points, mode: oneOf(...groupModes) },
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
  for (const name of wanted) known[name]?.((options as Record<string, unknown>)[name], name)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined
    if (check === undefined) throw unknownOption(name, Object.keys(known))
    if (value !== undefined) check(value, name)
  }
}
