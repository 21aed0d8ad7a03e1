import { type FailedStep, SandboxError } from '../../errors/sandbox-error.ts'
import type { ReportRecord } from '../../launcher/report/parse.ts'
import { errnoName, errnoText } from '../../linux/errno.ts'

/** Why execve(2) of one candidate failed. */
export type ExecAttempt = Extract<ReportRecord, { kind: 'exec' }> & { readonly path: string }

/** The error for a program that could not be executed, from what the init found out about it. */
export function execError(
  command: string,
  attempts: readonly ExecAttempt[],
  env: Readonly<Record<string, string>>,
): SandboxError {
  const present = attempts.find(({ access }) => access === 0)
  const told = present ?? attempts.find(({ result }) => errnoName(-result) !== 'ENOENT')
  if (told === undefined) return notFound(command, attempts, env)
  const errno = errnoName(-told.result)
  const step = stepFor(told)
  const name = JSON.stringify(told.path)
  if (errno === 'ENOENT') {
    const interpreter = interpreterOf(told.head)
    return new SandboxError(
      `The program ${name} cannot be executed: its interpreter ${interpreter === undefined ? '' : `${JSON.stringify(interpreter)} `}does not exist in the sandbox`,
      {
        code: 'PROGRAM_NOT_EXECUTABLE',
        step,
        hint: interpreter?.endsWith('\r')
          ? 'Its first line ends in a carriage return: save it with Unix line ends.'
          : "Correct the program's first line (or link it for this system), or mount the interpreter.",
      },
    )
  }
  return new SandboxError(
    `The program ${name} cannot be executed: ${errno}: ${errnoText(-told.result)}`,
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
    'It is no program for this machine: neither an ELF file of this architecture nor a script with a first line such as "#!/bin/sh".',
  E2BIG: 'Arguments and environment are too long together; give large data on stdin or as a file.',
  ENOTDIR: 'A part of its path is a file.',
  ELOOP: 'Its path has too many symbolic links.',
}

function notFound(
  command: string,
  attempts: readonly ExecAttempt[],
  env: Readonly<Record<string, string>>,
): SandboxError {
  const last = attempts.at(-1)
  const looked = command.includes('/') ? '' : ` in the sandbox's PATH (${env.PATH ?? 'not set'})`
  return new SandboxError(`The program ${JSON.stringify(command)} was not found${looked}`, {
    code: 'PROGRAM_NOT_FOUND',
    ...(last === undefined ? {} : { step: stepFor(last) }),
    hint: command.includes('/')
      ? 'A relative path is relative to `cwd`, an absolute one is a path of the sandbox, where the host directory `workdir` is /work, or its target.'
      : 'A program of the working directory is run as "./name"; mount what is outside the policy\'s mounts.',
  })
}

function stepFor({ path, result }: ExecAttempt): FailedStep {
  const errno = errnoName(-result)
  return { syscall: 'execve', call: `execve(${JSON.stringify(path)})`, errno, process: 'target' }
}

const PT_INTERP = 3

/** The interpreter that a file's first bytes ask for: a script's first line, or ELF's PT_INTERP. */
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
