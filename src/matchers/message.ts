import type { FailureDetail } from '../feedback/matcher-failure.ts'
import type { LimitName } from '../limits/table.ts'
import { runReport } from '../print/run-report.ts'
import type { AnyResult } from '../runner/result.ts'
import { cutMiddle } from '../units/cut.ts'
import { quoted, visibleLine } from '../units/visible.ts'

/** The `this` of a matcher: the part that Vitest and Jest have in common. */
export interface MatcherContext {
  readonly isNot?: boolean
  /** `resolves`, `rejects`, or the empty string for a plain assertion; absent in an asymmetric matcher. */
  readonly promise?: string
  readonly utils: MatcherUtils
}

/** The printing helpers of Vitest and Jest. */
export interface MatcherUtils {
  matcherHint(
    name: string,
    received: string,
    expected: string,
    options: { isNot?: boolean; promise?: string },
  ): string
  printReceived(value: unknown): string
  EXPECTED_COLOR(text: string): string
  RECEIVED_COLOR(text: string): string
}

/**
 * The finding of one matcher about one result. `expected` and `received` are phrases that follow "Expected:" and
 * "Received:".
 */
export interface Finding {
  readonly pass: boolean
  readonly expected: string
  readonly received: string
  /**
   * The reason why the run did not succeed, if this reason explains the finding. The message shows this reason directly
   * after the hint.
   */
  readonly cause?: string
  /** Paragraphs between the received line and the run's report: a diff, advice. */
  readonly notes?: readonly string[]
  /** The limits that concern the matcher, in addition to the limit that the verdict names. */
  readonly limits?: readonly LimitName[]
  /** The details of a failure. By default, the failure says that the run ended in another way. */
  readonly failure?: FailureDetail
}

/**
 * Builds the message of every failed matcher. The message consists of the assertion, the expected and the received
 * value, the matcher's notes, and the run. The part about the run contains the reason, verdict, limits, usage, command,
 * policy and the ends of stdout and stderr.
 *
 * @param hint - the assertion as `matcherHint()` prints it
 */
export function failureMessage(
  context: MatcherContext,
  hint: string,
  result: AnyResult,
  finding: Finding,
): string {
  return [
    hint,
    ...(finding.cause === undefined ? [] : [finding.cause]),
    comparison(context, finding),
    ...(finding.notes ?? []),
    runReport(result, finding.limits),
  ].join('\n\n')
}

function comparison({ isNot, utils }: MatcherContext, { expected, received }: Finding): string {
  return [
    `Expected: ${isNot === true ? 'not ' : ''}${utils.EXPECTED_COLOR(visibleLine(expected))}`,
    `Received: ${utils.RECEIVED_COLOR(visibleLine(received))}`,
  ].join('\n')
}

/** The largest number of characters of a text in quotes. */
export const mostQuoted = 80

/**
 * Text on one line, in quotes. If the text is longer than 80 characters, only the beginning and the end.
 *
 * @example
 * quote('a\n') // '"a\\n"'
 */
export function quote(text: string): string {
  return quoted(cutMiddle(text, mostQuoted))
}

/**
 * Formats a measured amount for a person. Adds the exact amount if rounding would hide that the amount exceeds its
 * limit: `1 s (1000.4 ms)` against `1 s`.
 *
 * @param unit - the unit of `used` and `limit`: `ms`, `bytes`
 */
export function measured(
  used: number,
  limit: number,
  format: (amount: number) => string,
  unit: string,
): string {
  const text = format(used)
  return used > limit && text === format(limit) ? `${text} (${used} ${unit})` : text
}
