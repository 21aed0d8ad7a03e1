import { isName } from '../../policy/extends.ts'
import { loadPolicy } from '../../policy/load.ts'
import { normalizeLimits } from '../../policy/policy-limits.ts'
import { isPattern, parseCollectName } from '../collect/collect-pattern.ts'
import { ISOLATION_LEVELS } from '../isolation/level.ts'
import { MOST_WAITING } from './defaults.ts'
import { invalid, isObject, isUrl, unknownOption } from './invalid-option.ts'
import type { SandboxConfig, SandboxOptions } from './sandbox-options.ts'
import {
  type Check,
  checkBoolean,
  checkContents,
  checkPath,
  checkTarget,
  checkText,
  entries,
  oneOf,
  wholeNumber,
} from './values.ts'

/**
 * Checks a command and its arguments.
 *
 * @throws {SandboxError} OPTION_INVALID for a value that execve(2) cannot take
 */
export function checkCommand(command: unknown, args: unknown): void {
  checkText(command, 'command')
  if (command === '') throw invalid('command', "a program's name or path", command)
  if (!Array.isArray(args)) throw invalid('args', 'an array of strings', args)
  for (const [index, arg] of args.entries()) checkText(arg, `args[${index}]`)
}

const runChecks: Readonly<Record<keyof SandboxOptions, Check>> = {
  policy: checkPolicy,
  workdir: (value, name) => {
    if (!isObject(value) || isUrl(value)) return checkPath(value, name)
    checkPath((value as { source?: unknown }).source, `${name}.source`)
    const { mode, target, followLinks } = value as Record<string, unknown>
    if (followLinks !== undefined) checkBoolean(followLinks, `${name}.followLinks`)
    if (mode !== undefined) oneOf('copy-on-write', 'read-only', 'read-write')(mode, `${name}.mode`)
    if (target !== undefined) checkTarget(target, `${name}.target`)
  },
  files: (value, name) => {
    for (const [target, contents] of entries(value, name)) {
      checkTarget(target, `${name} key`)
      checkContents(contents, `${name}[${JSON.stringify(target)}]`)
    }
  },
  mounts: (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, 'an array of mounts', value)
    for (const [index, mount] of value.entries()) checkMount(`${name}[${index}]`, mount)
  },
  env: (value, name) => {
    for (const [key, text] of entries(value, name)) {
      if (key === '' || key.includes('=')) throw invalid(`${name} key`, 'a name without "="', key)
      checkText(key, `${name} key`)
      checkText(text, `${name}.${key}`)
    }
  },
  cwd: (value, name) => {
    if (value !== '/') checkTarget(value, name)
  },
  // normalize.ts checks the other kinds of input.
  stdin: (value, name) => {
    if (isUrl(value)) checkPath(value, name)
  },
  stdout: oneOf('pipe', 'inherit', 'ignore'),
  stderr: oneOf('pipe', 'inherit', 'ignore'),
  encoding: oneOf('utf8', 'buffer'),
  limits: (value, name) => {
    entries(value, name)
    normalizeLimits(value, { bareTime: 'ms' })
  },
  collect: (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, 'an array of paths in the sandbox', value)
    for (const [index, path] of value.entries()) checkCollectName(path, `${name}[${index}]`)
    const most = value.some(isPattern) ? MOST_ENTRIES_WITH_PATTERNS : Number.POSITIVE_INFINITY
    if (value.length <= most) return
    throw invalid(name, `at most ${most} entries where one of them is a pattern`, value.length)
  },
  followLinks: checkBoolean,
  exclusive: checkBoolean,
  terminal: checkBoolean,
  retryWhenStarved: wholeNumber(0),
  isolation: oneOf(...ISOLATION_LEVELS),
  signal: (value, name) => {
    if (!isObject(value) || !('aborted' in value)) throw invalid(name, 'an AbortSignal', value)
  },
}

// The init passes a descriptor for each entry by a socket. The buffer of a socket takes about two hundred descriptors.
const MOST_ENTRIES_WITH_PATTERNS = 100

const checkCollectName: Check = (value, name) => {
  checkPath(value, name)
  try {
    parseCollectName(String(value))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalid(name, error.message, value)
  }
}

const configChecks: Readonly<Record<keyof SandboxConfig, Check>> = {
  ...runChecks,
  concurrency: wholeNumber(1),
  warm: wholeNumber(0, MOST_WAITING),
}

const { policy, limits, env, concurrency, warm, isolation } = configChecks

/** The known options, by the function that takes them. */
const tables = {
  sandboxed: runChecks,
  createSandbox: configChecks,
  plugin: { policy, limits, env, concurrency, warm, isolation },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Check>>>>

/**
 * Checks the options of `sandboxed()`, `createSandbox()` or a test runner's plugin.
 *
 * @throws {SandboxError} OPTION_INVALID, whose message names the option, the accepted values, and the received value;
 *   POLICY_INVALID for a policy's name or object
 * @param more checks of options that only this caller has
 */
export function checkOptions(
  options: unknown,
  taker: keyof typeof tables,
  more: Readonly<Record<string, Check>> = {},
): void {
  if (!isObject(options)) throw invalid('options', 'an object', options)
  const table: Readonly<Record<string, Check>> = { ...tables[taker], ...more }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(table, name) ? table[name] : undefined
    if (check === undefined) throw unknownOption(name, Object.keys(table))
    if (value !== undefined) check(value, name)
  }
}

// Checks only a policy's name or object now. A policy file may still change, so each run checks the file.
function checkPolicy(value: unknown, name: string): void {
  const isReference = typeof value === 'string' ? value !== '' : isObject(value)
  if (!isReference) throw invalid(name, "a policy's name, path, URL or object", value)
  const isFile = isUrl(value)
    ? value.protocol === 'file:'
    : typeof value === 'string' && !isName(value)
  if (isFile) return
  loadPolicy(value as string | object)
}

const mountFlags: readonly string[] = ['writable', 'optional', 'followLinks']

function checkMount(name: string, mount: unknown): void {
  if (!isObject(mount)) throw invalid(name, 'an object with source and target', mount)
  const { source, target, type, ...rest } = mount as Record<string, unknown>
  checkPath(source, `${name}.source`)
  checkTarget(target, `${name}.target`)
  if (type !== undefined) oneOf('bind', 'overlay')(type, `${name}.type`)
  for (const [key, value] of Object.entries(rest)) {
    if (!mountFlags.includes(key)) {
      const keys = 'source, target, type, writable, optional and followLinks'
      throw invalid(name, `an object with ${keys}`, mount)
    }
    if (value !== undefined) checkBoolean(value, `${name}.${key}`)
    if (key === 'writable' && value !== undefined && type === 'overlay') {
      throw invalid(`${name}.writable`, 'left out, because an overlay is always writable', value)
    }
  }
}
