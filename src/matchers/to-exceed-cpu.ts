import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeExceeded } from './exceed.ts'

/** Passes when the program was killed because its processor time, user and system, ran out. */
export function toExceedCpu(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedCpu', received, 'cpuTimeMs')
}
