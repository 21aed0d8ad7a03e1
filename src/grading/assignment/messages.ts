import { asError } from '../../errors/as-error.ts'
import { type FeedbackLanguage, fill } from '../../feedback/feedback-texts.ts'
import { type MatcherFailure, matcherFailureOf } from '../../feedback/matcher-failure.ts'
import { studentMessage } from '../../feedback/student-message.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { gradingTexts } from '../grading-texts.ts'
import type { FeedbackMode, TestStatus } from '../report/report-schema.ts'
import { forStaff } from './excerpts.ts'

/** A run of a test, with the program's input if that was text. */
export interface RecordedRun {
  readonly result: SandboxResult<string | Uint8Array>
  readonly stdin: string | undefined
  /** Whether the teacher's judge ran; students read nothing about it. */
  readonly ofJudge?: true
  /** The program's part in the failure of an interaction; absent for a run on its own. */
  readonly blame?: 'none' | 'program' | 'deadlock'
}

/** The facts about a test that has ended. */
export interface Ending {
  readonly status: TestStatus
  /** Why the test did not pass; undefined if it passed. */
  readonly error: unknown
  readonly runs: readonly RecordedRun[]
  /** The messages of `award()`. */
  readonly awards: readonly string[]
}

/** Whether an error means that the submission is wrong, and not the test. */
export function isAssertion(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code } = error as Record<string, unknown>
  if (name === 'AssertionError' || code === 'ERR_ASSERTION') return true
  // The marks of errors from added matchers: Jest's, Vitest 4's and Vitest 5's.
  return (
    'matcherResult' in error ||
    '__vitest_error_context__' in error ||
    error.constructor.name === 'JestExtendError'
  )
}

/**
 * The message that the student may read about a test. It contains nothing of an error's own message, which
 * may show the test's secrets.
 */
export function messageForStudent(
  ending: Ending,
  feedback: FeedbackMode,
  language: FeedbackLanguage,
  hint: string | undefined,
): string {
  if (feedback === 'none') return ''
  const { status, awards } = ending
  const texts = gradingTexts[language]
  if (status === 'error') return texts.error
  const verdict = status === 'blocked' ? texts.failed : texts[status]
  const parts =
    feedback === 'verdict' ? [verdict] : [...awards, ...explain(ending, verdict, language)]
  const help = hint === undefined || status === 'passed' ? [] : [fill(texts.hint, { hint })]
  return [...parts, ...help].join('\n')
}

function explain(
  { status, error, runs, awards }: Ending,
  verdict: string,
  language: FeedbackLanguage,
) {
  if (status === 'passed') return awards.length > 0 ? [] : [verdict]
  const failure = matcherFailureOf(error)
  const run = failure === undefined ? undefined : runOf(failure, runs)
  if (failure !== undefined && run !== undefined && run.ofJudge !== true) {
    return [studentMessage(failure, { language, input: run.stdin, errorOutput: errorsOf(run) })]
  }
  const last = runs.filter(({ ofJudge }) => ofJudge !== true).at(-1)
  if (last?.blame === 'deadlock') return [gradingTexts[language].deadlock]
  if (last !== undefined && !last.result.ok && last.blame !== 'none') {
    const end = { kind: 'end', matcher: '', negated: false, run: last.result } as const
    return [studentMessage(end, { language, errorOutput: errorsOf(last) })]
  }
  return error === undefined && awards.length > 0 ? [] : [verdict]
}

function errorsOf({ result: { stderr } }: RecordedRun): string {
  return typeof stderr === 'string' ? stderr : new TextDecoder().decode(stderr)
}

// A failure and its run share the usage object. A run that the test itself started, such as a checker's, is not
// among the recorded runs.
const runOf = (failure: MatcherFailure, runs: readonly RecordedRun[]): RecordedRun | undefined =>
  runs.find(({ result }) => result.usage === failure.run.usage)

const longestError = 16_384

/** The message for the staff: the whole error, and its place where the test's own code failed. */
export function messageForStaff({ status, error, awards }: Ending): string {
  if (error === undefined) return awards.join('\n')
  const { message, stack } = asError(error)
  const place =
    status === 'error' ? (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : []
  return [...awards, forStaff([message, ...place.slice(0, 5)].join('\n'), longestError)].join('\n')
}

/** The expected and the received output, for a view that shows both to the staff. */
export function comparison(error: unknown): { expected?: string; received?: string } {
  const failure = matcherFailureOf(error)
  if (failure?.kind !== 'output') return {}
  const { expectedExcerpt, receivedExcerpt } = failure
  return {
    ...(expectedExcerpt === undefined
      ? {}
      : { expected: forStaff(expectedExcerpt.lines.join('\n')) }),
    received: forStaff(receivedExcerpt.lines.join('\n')),
  }
}
