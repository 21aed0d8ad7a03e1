import { toBeKilledBy } from './to-be-killed-by.ts'
import { toBeKilledBySeccomp } from './to-be-killed-by-seccomp.ts'
import { toExceedCpu } from './to-exceed-cpu.ts'
import { toExceedMemory } from './to-exceed-memory.ts'
import { toExceedOutput } from './to-exceed-output.ts'
import { toExceedWalltime } from './to-exceed-walltime.ts'
import { toExitWith } from './to-exit-with.ts'
import { toExitWithin } from './to-exit-within.ts'
import { toHaveFile } from './to-have-file.ts'
import { toHaveStderr } from './to-have-stderr.ts'
import { toHaveStdout } from './to-have-stdout.ts'
import { toSucceed } from './to-succeed.ts'
import { toUseCpuWithin } from './to-use-cpu-within.ts'
import { toUseMemoryWithin } from './to-use-memory-within.ts'

export type { MatcherContext, MatcherResult } from './context.ts'
export type { ExpectedLines, ExpectedText, ExpectedTokens } from './expected-text.ts'
export { snapshotSerializer } from './serializer.ts'
export type { WantedSyscall } from './to-be-killed-by-seccomp.ts'
export type { SandboxMatchers } from './types.ts'

/**
 * Every matcher, for an `expect` of your own; `gradebox/matchers/vitest` and `gradebox/matchers/jest`
 * register them where they are imported.
 *
 * @example
 * import { matchers } from 'gradebox/matchers'
 * expect.extend(matchers)
 */
export const matchers = {
  toSucceed,
  toExitWith,
  toExitWithin,
  toBeKilledBy,
  toBeKilledBySeccomp,
  toExceedWalltime,
  toExceedCpu,
  toExceedMemory,
  toExceedOutput,
  toUseCpuWithin,
  toUseMemoryWithin,
  toHaveStdout,
  toHaveStderr,
  toHaveFile,
}
