import type { Excerpt } from '../units/cut.ts'
import type { FinishedRun } from './finished-run.ts'

/**
 * The reason why a matcher failed, as data about the assertion and the run only. The grading layer turns this data into
 * the student's message.
 */
export type MatcherFailure = FailureOrigin & FailureDetail

/** The assertion that failed, and its run. */
export interface FailureOrigin {
  /** The matcher's name: `toHaveStdout`. */
  readonly matcher: string
  /** Whether the assertion had `.not`. */
  readonly negated: boolean
  readonly run: FinishedRun
}

export type FailureDetail =
  | OutputFailure
  | FileFailure
  | ExitCodeFailure
  | UsageFailure
  | { readonly kind: 'end' }

/** A stream or a file of the program differs from the expected contents. */
export interface OutputFailure {
  readonly kind: 'output'
  /** Absent for a file. */
  readonly stream?: 'stdout' | 'stderr'
  /** The file's path in the test; absent for a stream. */
  readonly file?: string
  /** The line of the output that differs, from 1. */
  readonly line: number
  /**
   * The expected line, or the expected word of a comparison by tokens. Absent when the test expects no more output.
   */
  readonly expected?: string
  /** The received line or word; absent when the output has ended. */
  readonly received?: string
  /** The only kind of difference; absent when the outputs also differ in other ways. */
  readonly only?: 'space' | 'case' | 'final-newline-missing' | 'final-newline-too-many'
  /** The first byte of the output that is not valid UTF-8. */
  readonly invalidByte?: { readonly byte: number; readonly offset: number; readonly line: number }
  /** Lines of the expected output; absent for a pattern. */
  readonly expectedExcerpt?: Excerpt
  /** Lines of the output. */
  readonly receivedExcerpt: Excerpt
}

/** A file is missing, unreadable or unwanted, or the bytes of the file differ. */
export interface FileFailure {
  readonly kind: 'file'
  readonly file: string
  readonly problem: 'not-written' | 'not-collected' | 'unreadable' | 'contents' | 'present'
}

/** The exit code differs. */
export interface ExitCodeFailure {
  readonly kind: 'exit-code'
  readonly expected: number
}

/** The program used more than the test allows. */
export interface UsageFailure {
  readonly kind: 'wall-time' | 'cpu-time' | 'memory'
  /** Milliseconds, or bytes of memory. */
  readonly used: number
  readonly limit: number
}

// The symbol is global, because errors cross realms and each entry of the package has its own copy of this module.
const brand = Symbol.for('gradebox.MatcherFailure')

/** Marks a failure, so that `matcherFailureOf()` recognizes the failure in another realm too. */
export function brandFailure(failure: MatcherFailure): MatcherFailure {
  return Object.defineProperty(failure, brand, { value: true })
}

/**
 * Finds the reason of a matcher's failure in the error that `expect` threw, or in one of the causes of that error.
 *
 * @returns undefined for any other error
 * @example
 * try {
 *   expect(run).toHaveStdout('6\n')
 * } catch (error) {
 *   const failure = matcherFailureOf(error)
 *   if (failure !== undefined) console.log(studentMessage(failure))
 * }
 */
export function matcherFailureOf(error: unknown): MatcherFailure | undefined {
  const seen = new Set<unknown>()
  for (let next = error; isObject(next) && !seen.has(next); next = next.cause) {
    seen.add(next)
    // Vitest copies `actual` from a matcher's result to the error. Jest keeps the whole result in the error.
    const result = next.matcherResult
    const candidates = [next.actual, isObject(result) ? result.actual : undefined]
    const found = candidates.find(isFailure)
    if (found !== undefined) return found
  }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isFailure = (value: unknown): value is MatcherFailure => isObject(value) && brand in value
