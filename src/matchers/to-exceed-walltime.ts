import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeExceeded } from './exceed.ts'

/** Passes when the program was killed because its real time ran out. */
export function toExceedWalltime(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedWalltime', received, 'wallTimeMs')
}
