import { randomInt } from 'node:crypto'
import type { SandboxOptions, SandboxResult } from '../../../src/index.ts'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { syscallGroup } from '../../../src/seccomp/rules/groups.ts'
import { runC } from './programs.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'

/** The groups that `strict` allows. Groups that it kills for would end the run at the first call. */
const groups = [
  ...['@io', '@file-system', '@memory', '@process', '@signal', '@sync', '@time', '@sched'],
  ...['@resources', '@identity', '@ipc', '@numa', '@aio', '@io-uring', '@self-restriction'],
]
// strict kills for clone and socket with some arguments.
const numbers = groups
  .flatMap((name) => syscallGroup(name)?.syscalls ?? [])
  .filter((name) => !['clone', 'exit_group'].includes(name))
  .flatMap((name) => syscallNumber(name, arch) ?? [])

export interface FuzzedRun {
  /** A program makes the same calls for the same seed. */
  readonly seed: number
  readonly result: SandboxResult<string>
}

/** Runs a program that makes random system calls, under `strict` unless a policy is given. */
export async function fuzzCalls(
  milliseconds: number,
  seed = randomInt(2 ** 40),
  policy: SandboxOptions['policy'] = 'strict',
): Promise<FuzzedRun> {
  const result = await runC(
    'fuzz-calls',
    [milliseconds, seed, ...numbers].map(String),
    // The output consists of the arguments that write(2) happened to get.
    {
      policy,
      limits: { walltime: milliseconds + 3000, cpu: milliseconds + 3000, output: '64MiB' },
    },
  )
  return { seed, result }
}
