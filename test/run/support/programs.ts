import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type SandboxHandle, type SandboxOptions, sandboxed } from '../../../src/index.ts'

const sources = resolve(import.meta.dirname, '../../../fixtures/programs')
const compiled = new Map<string, Uint8Array>()

/** A program of fixtures/programs, compiled by the host's gcc. */
export function compile(name: string): Uint8Array {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-gcc-'))
  try {
    const output = join(directory, name)
    const source = join(sources, `${name}.c`)
    execFileSync('gcc', ['-O1', '-Wall', '-Werror', '-pthread', '-o', output, source])
    const program = readFileSync(output)
    compiled.set(name, program)
    return program
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Runs a C program of fixtures/programs. */
export function runC(
  name: string,
  args: readonly string[] = [],
  { files, ...options }: SandboxOptions & { encoding?: 'utf8' } = {},
): SandboxHandle {
  const path = `/tmp/${name}`
  return sandboxed(path, args, { ...options, files: { ...files, [path]: compile(name) } })
}

/** Runs a shell script. */
export const runShell = (
  script: string,
  options: SandboxOptions & { encoding?: 'utf8' } = {},
): SandboxHandle => sandboxed('sh', ['-c', script], options)

/** Runs a Python program, without the site's additions to the interpreter. */
export const runPython = (
  script: string,
  options: SandboxOptions & { encoding?: 'utf8' } = {},
): SandboxHandle => sandboxed('python3', ['-I', '-S', '-c', script], options)
