import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { verdictPhrase } from './verdict.ts'

/** Passes when the program exited with code 0 within every limit. */
export function toSucceed(this: MatcherContext, received: unknown): MatcherResult {
  return judge(this, 'toSucceed', '', received, (result) => ({
    pass: result.ok,
    expected: 'exit code 0 within every limit',
    received: verdictPhrase(result),
  }))
}
