import { inspect, types } from 'node:util'
import { SandboxError } from '../../errors/sandbox-error.ts'
import type { SandboxOptions } from './options.ts'

/** The error for an option that has a wrong value. */
export function invalid(name: string, expected: string, got: unknown): SandboxError {
  const type = got === null ? 'null' : typeof got
  const shown = isUrl(got)
    ? got.href
    : inspect(got, { depth: isInstance(got) ? -1 : 0, maxStringLength: 80 })
  return new SandboxError(`Expected \`${name}\` to be ${expected}, got \`${shown}\` (${type})`, {
    code: 'SETUP_FAILED',
    hint: 'See the options of sandboxed() in the README.',
  })
}

// Of a class's: its insides say nothing to a grader.
function isInstance(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== null && Object.getPrototypeOf(prototype) !== null
}

/**
 * Checks a command and its arguments.
 *
 * @throws {SandboxError} SETUP_FAILED for what execve(2) cannot be given
 */
export function checkCommand(command: unknown, args: unknown): void {
  if (typeof command !== 'string') throw invalid('command', 'a string', command)
  if (command === '') throw invalid('command', "a program's name or path", command)
  checkNul('command', command)
  if (!Array.isArray(args)) throw invalid('args', 'an array of strings', args)
  for (const [index, arg] of args.entries()) checkText(`args[${index}]`, arg)
}

type Check = (value: unknown, name: string) => void

const checks: Readonly<Record<keyof SandboxOptions, Check>> = {
  policy: (value, name) => {
    if (typeof value !== 'string' && !isObject(value)) {
      throw invalid(name, "a policy's name, path, URL or object", value)
    }
  },
  workdir: (value, name) => {
    if (!isObject(value) || isUrl(value)) return checkPath(name, value)
    checkPath(`${name}.source`, (value as { source?: unknown }).source)
    const { mode, target } = value as { mode?: unknown; target?: unknown }
    if (mode !== undefined) oneOf('copy-on-write', 'read-only', 'read-write')(mode, `${name}.mode`)
    if (target !== undefined) checkTarget(`${name}.target`, target)
  },
  files: (value, name) => {
    for (const [target, contents] of entries(name, value)) {
      checkTarget(`${name} key`, target)
      const entry = `${name}[${JSON.stringify(target)}]`
      if (isUrl(contents)) checkPath(entry, contents)
      else if (typeof contents !== 'string' && !types.isUint8Array(contents)) {
        throw invalid(entry, 'text, bytes or a file URL', contents)
      }
    }
  },
  mounts: (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, 'an array of mounts', value)
    for (const [index, mount] of value.entries()) checkMount(`${name}[${index}]`, mount)
  },
  env: (value, name) => {
    for (const [key, text] of entries(name, value)) {
      if (key === '' || key.includes('=')) throw invalid(`${name} key`, 'a name without "="', key)
      checkNul(`${name} key`, key)
      checkText(`${name}.${key}`, text)
    }
  },
  cwd: (value, name) => {
    if (value !== '/') checkTarget(name, value)
  },
  // What else it may be is checked where it is opened.
  stdin: (value, name) => {
    if (isUrl(value)) checkPath(name, value)
  },
  stdout: oneOf('pipe', 'inherit', 'ignore'),
  stderr: oneOf('pipe', 'inherit', 'ignore'),
  encoding: oneOf('utf8', 'buffer'),
  limits: (value, name) => {
    entries(name, value)
  },
  collect: (value, name) => {
    if (!Array.isArray(value)) throw invalid(name, 'an array of paths in the sandbox', value)
    for (const [index, path] of value.entries()) checkPath(`${name}[${index}]`, path)
  },
  exclusive: (value, name) => {
    if (typeof value !== 'boolean') throw invalid(name, 'true or false', value)
  },
  retry: (value, name) => {
    const { starved, ...others } = isObject(value) ? (value as Record<string, unknown>) : {}
    const isCount = typeof starved === 'number' && Number.isInteger(starved) && starved >= 0
    if (isCount && Object.keys(others).length === 0) return
    throw invalid(name, '{ starved: COUNT }, a whole number from 0', value)
  },
  signal: (value, name) => {
    if (!isObject(value) || !('aborted' in value)) throw invalid(name, 'an AbortSignal', value)
  },
}

/**
 * Checks the options of a run; what policy and limits say is checked where they are read.
 *
 * @throws {SandboxError} SETUP_FAILED naming the option, what it takes and what it got
 */
export function checkOptions(options: unknown): void {
  if (!isObject(options)) throw invalid('options', 'an object', options)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof SandboxOptions] : undefined
    if (check === undefined) {
      const names = Object.keys(checks).join(', ')
      throw new SandboxError(`There is no option \`${name}\``, {
        code: 'SETUP_FAILED',
        hint: `The options are ${names}.`,
      })
    }
    if (value !== undefined) check(value, name)
  }
}

function oneOf(...words: readonly string[]): Check {
  return (value, name) => {
    if (typeof value === 'string' && words.includes(value)) return
    throw invalid(name, words.map((word) => JSON.stringify(word)).join(' or '), value)
  }
}

function checkMount(name: string, mount: unknown): void {
  if (!isObject(mount)) throw invalid(name, 'an object with source and target', mount)
  const { source, target, type, ...rest } = mount as Record<string, unknown>
  checkPath(`${name}.source`, source)
  checkTarget(`${name}.target`, target)
  if (type !== undefined) oneOf('bind', 'overlay')(type, `${name}.type`)
  for (const [key, value] of Object.entries(rest)) {
    if (key !== 'writable' && key !== 'optional') {
      throw invalid(name, 'an object with source, target, type, writable and optional', mount)
    }
    if (value !== undefined && typeof value !== 'boolean') {
      throw invalid(`${name}.${key}`, 'true or false', value)
    }
    if (key === 'writable' && value !== undefined && type === 'overlay') {
      throw invalid(`${name}.writable`, 'left out, for an overlay is always writable', value)
    }
  }
}

/** A path of the sandbox: absolute, below its root, and without "..". */
function checkTarget(name: string, value: unknown): void {
  checkText(name, value)
  const path = value as string
  if (/^\/[^/]/.test(path) && !path.split('/').includes('..')) return
  throw invalid(name, 'an absolute path in the sandbox, without ".."', value)
}

function checkPath(name: string, value: unknown): void {
  if (isUrl(value)) {
    if (value.protocol !== 'file:') throw invalid(name, 'a path or a file: URL', value)
    return
  }
  checkText(name, value)
  if (value === '') throw invalid(name, 'a path', value)
}

function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string') throw invalid(name, 'a string', value)
  checkNul(name, value)
}

function checkNul(name: string, value: string): void {
  const position = value.indexOf('\0')
  if (position < 0) return
  throw new SandboxError(
    `\`${name}\` has a NUL byte at position ${position}: ${JSON.stringify(value.slice(0, 80))}`,
    { code: 'SETUP_FAILED', hint: 'Linux ends every text at its first NUL byte: leave it out.' },
  )
}

function entries(name: string, value: unknown): [string, unknown][] {
  if (!isObject(value) || Array.isArray(value)) throw invalid(name, 'an object', value)
  return Object.entries(value)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

// By shape: under Jest and vm pools a URL may be of another realm.
export const isUrl = (value: unknown): value is URL =>
  isObject(value) && 'protocol' in value && 'pathname' in value
