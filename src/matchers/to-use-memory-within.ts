import { formatSize, parseSize, type Size } from '../units/size.ts'
import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { measuredSize } from './measured.ts'

const name = 'toUseMemoryWithin'

/**
 * Passes when the largest process of the run was never larger in memory (resident) than this,
 * however the run ended.
 *
 * @param size - Bytes, or text with a unit: `'64MiB'`.
 * @throws {TypeError} when `size` is none.
 */
export function toUseMemoryWithin(
  this: MatcherContext,
  received: unknown,
  size: Size,
): MatcherResult {
  const args = printArgument(size)
  const mostBytes = readArgument(this, name, args, () => parseSize(size))
  return judge(this, name, args, received, ({ usage }) => ({
    pass: usage.maxRssBytes <= mostBytes,
    expected: `at most ${formatSize(mostBytes)} of memory`,
    received: measuredSize(usage.maxRssBytes, mostBytes),
    limits: ['memoryBytes'],
  }))
}
