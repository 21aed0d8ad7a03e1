import { throwAtCaller } from '../errors/rethrow-at.ts'
import { toExitWith, toExitWithin, toSucceed } from './exit.ts'
import {
  toBeKilledBy,
  toBeKilledBySeccomp,
  toExceedCpu,
  toExceedMemory,
  toExceedOutput,
  toExceedWalltime,
} from './kill.ts'
import { toHaveFile, toHaveStderr, toHaveStdout } from './output.ts'
import { toUseCpuWithin, toUseMemoryWithin } from './usage.ts'

export { snapshotSerializer } from '../print/serializer.ts'
export type { ExpectedLines, ExpectedText, ExpectedTokens } from './expected.ts'
export type { WantedSignal, WantedSyscall } from './kill.ts'
export type { MatcherContext, MatcherResult } from './matcher.ts'
export type { SandboxMatchers } from './types.ts'

/**
 * Every matcher, for your own `expect`. An import of `gradebox/matchers/vitest` or `gradebox/matchers/jest` registers
 * all matchers.
 *
 * @example
 * import { matchers } from 'gradebox/matchers'
 * expect.extend(matchers)
 */
export const matchers = throwAtCaller({
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
})
