import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeExceeded } from './exceed.ts'

/** Passes when the program was killed because it wrote more to stdout and stderr than it may. */
export function toExceedOutput(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedOutput', received, 'outputBytes')
}
