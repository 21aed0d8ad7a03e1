import { formatSize, parseSize, type Size } from '../units/size.ts'
import { printArgument, readArgument } from './argument.ts'
import type { MatcherContext, MatcherResult } from './context.ts'
import { judge } from './judge.ts'
import { measuredSize } from './measured.ts'

const name = 'toUseMemoryWithin'

/**
 * Passes when all processes of the run together never used more memory than this
 * (`usage.peakMemoryBytes`, which `limits.memory` bounds too), however the run ended.
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
    pass: usage.peakMemoryBytes <= mostBytes,
    expected: `at most ${formatSize(mostBytes)} of memory`,
    received: measuredSize(usage.peakMemoryBytes, mostBytes),
    limits: ['memoryBytes'],
  }))
}
