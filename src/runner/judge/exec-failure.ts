import { accessSync, constants, statSync } from 'node:fs'
import { posix } from 'node:path'
import { type FailedStep, SandboxError } from '../../errors/sandbox-error.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import { errnoName, errnoText } from '../../linux/errno.ts'
import { candidatesFor } from '../prepare/request-parts.ts'
import type { SandboxView } from './sandbox-view.ts'

/** Why execve(2) of one candidate failed. */
export type ExecAttempt = Extract<ReportRecord, { kind: 'exec' }> & { readonly path: string }

/** The inputs of the search for a program. */
export interface ExecSearch {
  readonly command: string
  /** The program's environment. */
  readonly env: Readonly<Record<string, string>>
  /** The sandbox's files. */
  readonly view: Pick<SandboxView, 'lookUp'>
  /** The directories of this process's own PATH. */
  readonly hostPath: string | undefined
}

/** The error for a program that could not be executed, from the init's findings. */
export function execError(search: ExecSearch, attempts: readonly ExecAttempt[]): SandboxError {
  const present = attempts.find(({ access }) => access === 0)
  const decisive = present ?? attempts.find(({ result }) => errnoName(-result) !== 'ENOENT')
  if (decisive === undefined) return notFound(search, attempts)
  const errno = errnoName(-decisive.result)
  const step = stepFor(decisive)
  const name = JSON.stringify(decisive.path)
  if (errno === 'ENOENT') {
    const interpreter = interpreterOf(decisive.head)
    return new SandboxError(
      `The program ${name} cannot be executed: its interpreter ${interpreter === undefined ? '' : `${JSON.stringify(interpreter)} `}does not exist in the sandbox`,
      {
        code: 'PROGRAM_NOT_EXECUTABLE',
        step,
        hint: interpreterHint(interpreter, search),
      },
    )
  }
  return new SandboxError(
    `The program ${name} cannot be executed: ${errno}: ${errnoText(-decisive.result)}`,
    {
      code: 'PROGRAM_NOT_EXECUTABLE',
      step,
      hint: hints[errno],
    },
  )
}

const hints: Readonly<Record<string, string>> = {
  EACCES: 'It needs its executable bit (chmod +x) and must be a file the sandbox may read.',
  ENOEXEC:
    'It is not a program for this machine: neither an ELF file of this architecture nor a script with a first line such as "#!/bin/sh".',
  E2BIG: 'Arguments and environment are too long together; give large data on stdin or as a file.',
  ENOTDIR: 'A part of its path is a file.',
  ELOOP: 'Its path has too many symbolic links.',
}

function interpreterHint(interpreter: string | undefined, { view }: ExecSearch): string {
  if (interpreter?.endsWith('\r')) {
    return 'Its first line ends in a carriage return: save it with Unix line ends.'
  }
  const link = interpreter === undefined ? undefined : view.lookUp(interpreter).link
  const missing = link?.target ?? interpreter
  if (missing !== undefined && isProgram(missing)) {
    return `The host has ${JSON.stringify(missing)}, and the sandbox does not show it: ${mountAdvice(missing)}.`
  }
  return "Correct the program's first line (or link it for this system), or mount the interpreter."
}

function notFound(search: ExecSearch, attempts: readonly ExecAttempt[]): SandboxError {
  const { command, env } = search
  const last = attempts.at(-1)
  const looked = command.includes('/') ? '' : ` in the sandbox's PATH (${env.PATH ?? 'not set'})`
  const { why = '', hint } = explain(search, attempts)
  return new SandboxError(`The program ${JSON.stringify(command)} was not found${looked}${why}`, {
    code: 'PROGRAM_NOT_FOUND',
    ...(last === undefined ? {} : { step: stepFor(last) }),
    hint,
  })
}

interface Explanation {
  readonly why?: string
  readonly hint: string
}

function explain(search: ExecSearch, attempts: readonly ExecAttempt[]): Explanation {
  return (
    danglingLink(search, attempts) ??
    commandLine(search) ??
    otherName(search) ??
    onTheHost(search) ?? {
      hint: search.command.includes('/')
        ? 'A relative path is relative to `cwd`; an absolute path is a path of the sandbox. The sandbox shows the host directory `workdir` at /work, or at its target.'
        : 'A program of the working directory is run as "./name"; mount the files that the policy\'s mounts do not show.',
    }
  )
}

/** Explains a dangling link. Virtual environments and version managers link to a toolchain in another directory. */
function danglingLink(
  { view }: ExecSearch,
  attempts: readonly ExecAttempt[],
): Explanation | undefined {
  for (const { path } of attempts) {
    const { exists, link } = view.lookUp(path)
    if (exists || link === undefined) continue
    const { target } = link
    return {
      why: `: ${JSON.stringify(path)} is a link to ${JSON.stringify(target)}, which is not in the sandbox`,
      hint: isProgram(target)
        ? `The host has it: ${mountAdvice(target)}.`
        : 'This machine does not have it either: make the environment again on this machine, without links (python3 -m venv --copies), or correct the link.',
    }
  }
  return undefined
}

function commandLine({ command }: ExecSearch): Explanation | undefined {
  const [program = '', ...args] = command.trim().split(/\s+/)
  if (args.length === 0 || program === '') return undefined
  return {
    hint: `Arguments go in an array, and no shell splits the command: sandboxed(${JSON.stringify(program)}, [${args.map((arg) => JSON.stringify(arg)).join(', ')}]).`,
  }
}

/** Programs that have another name on some systems. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  python: ['python3'],
  python2: ['python3'],
  pip: ['pip3'],
  node: ['nodejs'],
  cc: ['gcc', 'clang'],
  gcc: ['cc', 'clang'],
  'c++': ['g++', 'clang++'],
  'g++': ['c++', 'clang++'],
  lua: ['lua5.4', 'lua5.3'],
}

function otherName({ command, env, view }: ExecSearch): Explanation | undefined {
  const names = Object.hasOwn(otherNames, command) ? (otherNames[command] ?? []) : []
  const found = names.find((name) =>
    candidatesFor(name, env.PATH).some((path) => view.lookUp(path).exists),
  )
  return found === undefined ? undefined : { hint: `The sandbox has ${found}: run "${found}".` }
}

function onTheHost({ command, hostPath }: ExecSearch): Explanation | undefined {
  if (command.includes('/') && !command.startsWith('/')) return undefined
  const found = candidatesFor(command, hostPath).find(
    (path) => path.startsWith('/') && isProgram(path),
  )
  if (found === undefined) return undefined
  const isListed = command.startsWith('/')
  const path = isListed
    ? ''
    : `, and add ${JSON.stringify(posix.dirname(found))} to PATH in \`env\``
  return {
    hint: `The host has ${isListed ? 'it' : JSON.stringify(found)}, and the sandbox does not show it: ${mountAdvice(found)}${path}.`,
  }
}

/**
 * Advises which directory to mount for a program. For a program in a `bin` directory, the advice names the parent of
 * `bin`, because the libraries of the toolchain are next to `bin`.
 */
function mountAdvice(program: string): string {
  const directory = posix.dirname(program)
  const isInBin = posix.basename(directory) === 'bin' && posix.dirname(directory) !== '/'
  const shown = isInBin ? posix.dirname(directory) : directory
  const path = JSON.stringify(shown)
  return `mount its directory (mounts: [{ source: ${path}, target: ${path} }])`
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function stepFor({ path, result }: ExecAttempt): FailedStep {
  const errno = errnoName(-result)
  return { syscall: 'execve', call: `execve(${JSON.stringify(path)})`, errno, process: 'target' }
}

const PT_INTERP = 3

/** The interpreter that a file's first bytes name, in a script's first line or in PT_INTERP of an ELF file. */
export function interpreterOf(head: Uint8Array): string | undefined {
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (buffer.toString('latin1', 0, 2) === '#!') {
    return /^#![ \t]*([^ \t\n\0]+)/.exec(buffer.toString('utf8'))?.[1]
  }
  if (buffer.toString('latin1', 1, 4) !== 'ELF' || buffer.length < 64) return undefined
  const table = Number(buffer.readBigUInt64LE(32))
  const count = buffer.readUInt16LE(56)
  for (let index = 0; index < count; index++) {
    const header = table + index * 56
    if (header + 56 > buffer.length) return undefined
    if (buffer.readUInt32LE(header) !== PT_INTERP) continue
    const start = Number(buffer.readBigUInt64LE(header + 8))
    const end = buffer.indexOf(0, start)
    return end < 0 || start >= buffer.length ? undefined : buffer.toString('utf8', start, end)
  }
  return undefined
}
