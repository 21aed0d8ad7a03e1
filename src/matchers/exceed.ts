import type { LimitName } from '../policy/policy.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { limitOption } from './limit.ts'
import { limitOfVerdict, verdictPhrase } from './verdict.ts'

/** The frame of the `toExceed…` matchers: passes when the verdict names this limit. */
export function judgeExceeded(
  context: MatcherContext,
  name: string,
  received: unknown,
  limit: LimitName,
): MatcherResult {
  const option = limitOption(limit)
  return judge(context, name, '', received, (result) => ({
    pass: limitOfVerdict(result.status) === limit,
    expected: `killed for exceeding its ${option} limit`,
    received: verdictPhrase(result),
    limits: [limit],
    notes:
      result.limits[limit] === undefined
        ? [`This run had no ${option} limit; set one with \`limits: { ${option}: … }\`.`]
        : [],
  }))
}
