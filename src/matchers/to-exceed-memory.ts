import type { MatcherContext, MatcherResult } from './context.ts'
import { judgeExceeded } from './exceed.ts'

/** Passes when the program was killed because it used more memory than it may. */
export function toExceedMemory(this: MatcherContext, received: unknown): MatcherResult {
  return judgeExceeded(this, 'toExceedMemory', received, 'memoryBytes')
}
