import { isWarm, MOST_WAITING } from '../runner/pool/warm.ts'
import type { EnforcementByLimit } from '../runner/result.ts'
import { type Duration, parseDuration } from '../units/duration.ts'
import { parseSize, type Size } from '../units/size.ts'

/** Options of the Vitest plugin: what `sandboxed()` uses where a call does not say otherwise. */
export interface GradeboxOptions {
  /**
   * Shipped name, path, URL or object. A relative path, one that starts with `.`, is relative to the
   * project's root.
   *
   * @default 'strict'
   */
  readonly policy?: string | URL | object
  /**
   * Limits of every run, over the policy's own.
   *
   * @example { walltime: '2s', memory: '64MiB', processes: 16 }
   */
  readonly limits?: Readonly<Record<string, number | string>>
  /** Environment variables of every program; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * How many programs may run at once in each test worker, 1 or more.
   *
   * @default the worker's share of the machine's processors
   */
  readonly concurrency?: number
  /**
   * How many sandboxes may wait, built and unused, for a test worker's next runs, 0 to 32; see
   * `createSandbox()`.
   *
   * @default 0
   */
  readonly warm?: number
}

type Check = (value: unknown, path: string) => void

const checks: Readonly<Record<keyof GradeboxOptions, Check>> = {
  policy: checkPolicy,
  limits: (value, path) => checkEntries(value, path, checkLimit),
  env: (value, path) => checkEntries(value, path, checkVariable),
  concurrency: checkCount,
  warm: checkWarm,
}

/**
 * Checks the plugin's options.
 *
 * @throws {TypeError} that names the option, what it may be, and what it is.
 */
export function checkOptions(options: unknown): asserts options is GradeboxOptions {
  checkEntries(options, 'options', (value, path, name) => {
    if (value !== undefined) pick(checks, name, path, 'option')(value, path)
  })
}

const limitChecks: Readonly<Record<keyof EnforcementByLimit, Check>> = {
  walltime: checkDuration,
  cpu: checkDuration,
  memory: checkSize,
  output: checkSize,
  fileSize: checkSize,
  disk: checkSize,
  stack: checkSize,
  addressSpace: checkSize,
  core: checkSize,
  processes: checkCount,
  openFiles: checkCount,
}

function checkLimit(value: unknown, path: string, name: string): void {
  pick(limitChecks, name, path, 'limit')(value, path)
}

function checkVariable(value: unknown, path: string, name: string): void {
  if (typeof value !== 'string') throw unexpected(path, 'text', value)
  if (name === '' || name.includes('=')) throw unexpected(path, 'named without "="', name)
}

function checkPolicy(value: unknown, path: string): void {
  const fits =
    typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null
  if (!fits) throw unexpected(path, "a shipped policy's name, a path, a URL or an object", value)
}

function checkCount(value: unknown, path: string): void {
  if (!Number.isSafeInteger(value) || Number(value) < 1)
    throw unexpected(path, 'a whole number from 1 and up', value)
}

function checkWarm(value: unknown, path: string): void {
  if (!isWarm(value)) throw unexpected(path, `a whole number from 0 to ${MOST_WAITING}`, value)
}

function checkDuration(value: unknown, path: string): void {
  checkUnit(path, () => parseDuration(value as Duration))
}

function checkSize(value: unknown, path: string): void {
  checkUnit(path, () => parseSize(value as Size))
}

function checkUnit(path: string, parse: () => number): void {
  try {
    parse()
  } catch (error) {
    throw new TypeError(`gradebox: \`${path}\`: ${error instanceof Error ? error.message : error}`)
  }
}

function checkEntries(
  value: unknown,
  path: string,
  check: (value: unknown, path: string, name: string) => void,
): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unexpected(path, 'an object', value)
  for (const [name, entry] of Object.entries(value)) {
    check(entry, path === 'options' ? name : `${path}.${name}`, name)
  }
}

function pick(table: Readonly<Record<string, Check>>, name: string, path: string, kind: string) {
  const check = Object.hasOwn(table, name) ? table[name] : undefined
  if (check !== undefined) return check
  throw new TypeError(
    `gradebox: \`${path}\` is no ${kind}; there are ${Object.keys(table).join(', ')}`,
  )
}

function unexpected(path: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `gradebox: Expected \`${path}\` to be ${expected}, got \`${String(value)}\` (${typeof value})`,
  )
}
