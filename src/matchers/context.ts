import type { LimitName } from '../policy/policy.ts'

/** What a matcher finds as `this`; the part that Vitest and Jest have in common. */
export interface MatcherContext {
  readonly isNot?: boolean
  /** `resolves` or `rejects`; the empty string without; absent in an asymmetric matcher. */
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
  diff(expected: unknown, received: unknown): string | null | undefined
}

/** What a matcher returns to `expect`. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/**
 * What one matcher finds in one result. `expected` and `received` are phrases that fit behind
 * "Expected:" and "Received:".
 */
export interface Finding {
  readonly pass: boolean
  readonly expected: string
  readonly received: string
  /** Paragraphs between the received line and the run's report: a diff, advice. */
  readonly notes?: readonly string[]
  /** The limits that the matcher is about, besides the one that the verdict names. */
  readonly limits?: readonly LimitName[]
}
