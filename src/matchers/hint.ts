import type { MatcherContext } from './context.ts'

/**
 * The first line of every message: `expect(run).resolves.not.toExitWith(3)`.
 *
 * @param args - The matcher's arguments, printed.
 */
export function matcherHint(context: MatcherContext, name: string, args: string): string {
  return context.utils.matcherHint(name, 'run', args, {
    isNot: context.isNot ?? false,
    promise: context.promise ?? '',
  })
}
