import { types } from 'node:util'
import { loadPolicy, type PolicyReference } from '../../policy/load.ts'
import { normalizeLimits } from '../../policy/policy-limits.ts'
import { invalid, isObject, unknownOption } from '../../runner/options/invalid-option.ts'
import {
  type Check,
  checkBoolean,
  checkFunction,
  checkText,
  entries,
  fits,
  isText,
  wholeNumber,
} from '../../runner/options/values.ts'
import type { Floors, Language } from './language.ts'

const areTexts = (value: unknown) => Array.isArray(value) && value.every(isText)
const names = fits('a list of names', areTexts)

/** Checks limits before any run needs them. */
export const checkLimits: Check = (value, name) => {
  if (!isObject(value)) throw invalid(name, 'an object', value)
  normalizeLimits(value, { bareTime: 'ms' })
}

const policy: Check = (value) => void loadPolicy(value as PolicyReference)

const floor: Readonly<Record<keyof Floors, Check>> = {
  walltimeMs: wholeNumber(0),
  memoryBytes: wholeNumber(0),
  processes: wholeNumber(0),
}

const parts: Readonly<Record<keyof Language, Check>> = {
  title: fits('a name', isText),
  extensions: fits(
    'a list of endings such as ".c"',
    (value) => areTexts(value) && (value as string[]).every((each) => each.startsWith('.')),
  ),
  decidedBy: names,
  mainNames: names,
  startsAt: fits('a regular expression', types.isRegExp),
  linksAll: checkBoolean,
  compile: checkFunction,
  checkBuilt: checkFunction,
  sample: (value, name) => checkParts(value, name, { path: checkText, text: checkText }),
  preparation: fits('an object', isObject),
  run: checkFunction,
  version: fits(
    'a command, as a list of texts',
    (value) => areTexts(value) && (value as string[]).length > 0,
  ),
  tools: names,
  install: fits('text', isText),
  policy,
  compilePolicy: policy,
  limits: checkLimits,
  ownLimits: checkLimits,
  compileLimits: checkLimits,
  floors: (value, name) => checkParts(value, name, floor),
}

function checkParts(value: unknown, name: string, checks: Readonly<Record<string, Check>>): void {
  for (const [key, part] of entries(value, name)) {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    if (check === undefined) throw unknownOption(`${name}.${key}`, keysOf(name, checks))
    if (part !== undefined) check(part, `${name}.${key}`)
  }
}

const keysOf = (name: string, checks: object) => Object.keys(checks).map((key) => `${name}.${key}`)

/**
 * Checks a new language, or the changes of a shipped language. Without this check, a misspelt part would have no
 * effect, and every submission would get wrong points.
 *
 * @throws {SandboxError} OPTION_INVALID and POLICY_INVALID, with the part's name and the received value
 */
export function checkLanguage(name: string, language: unknown): void {
  checkParts(language, `languages.${name}`, parts)
}
