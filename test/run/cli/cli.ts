import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { cliPath } from '../support/built.ts'

/** The output and exit code of a command. */
export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A command and its arguments that run node, placed before node's own. */
  readonly by?: readonly string[]
}

/** The environment of a command: without the test runner's variables, which change colours. */
const baseEnv = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: tmpdir(),
  TMPDIR: tmpdir(),
})

/** Runs the built command to its end, without a terminal. */
export function gradebox(args: readonly string[], options: CliOptions = {}): CliRun {
  const [command = '', ...rest] = [...(options.by ?? []), process.execPath, cliPath(), ...args]
  const run: SpawnSyncReturns<string> = spawnSync(command, rest, {
    encoding: 'utf8',
    input: options.input ?? '',
    cwd: options.cwd,
    env: { ...baseEnv(), ...options.env },
  })
  if (run.error !== undefined) throw run.error
  return { code: run.status, stdout: run.stdout, stderr: run.stderr }
}

/** Starts the built command, without a terminal. */
export const startGradebox = (args: readonly string[]) =>
  spawn(process.execPath, [cliPath(), ...args], { env: baseEnv(), stdio: ['pipe', 'pipe', 'pipe'] })

/** Replaces the parts of a text that differ between machines and runs. */
export const stable = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/(?<=Shipped policies: ).*?\./g, '(all).')
    .replaceAll(process.cwd(), '.')
