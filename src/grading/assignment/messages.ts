import { asError } from '../../errors/as-error.ts'
import { type FeedbackLanguage, fill } from '../../feedback/feedback-texts.ts'
import { type MatcherFailure, matcherFailureOf } from '../../feedback/matcher-failure.ts'
import { studentMessage } from '../../feedback/student-message.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { gradingTexts } from '../grading-texts.ts'
import type { FeedbackMode, TestStatus } from '../report/report-schema.ts'
import { forStaff } from './excerpts.ts'

/** A run of a test, with the program's input if the input was text. */
export interface RecordedRun {
  readonly result: SandboxResult<string | Uint8Array>
  readonly stdin: string | undefined
  /** Whether this is the run of the teacher's judge. Students read nothing about such a run. */
  readonly ofJudge?: true
  /** The program's part in the failure of an interaction; absent for a run outside an interaction. */
  readonly blame?: 'none' | 'program' | 'deadlock'
}

/** The facts about a test that has ended. */
export interface Ending {
  readonly status: TestStatus
  /** The reason why the test did not pass; undefined if the test passed. */
  readonly error: unknown
  readonly runs: readonly RecordedRun[]
  /** The messages of `award()`. */
  readonly awards: readonly string[]
}

/** Whether an error shows a mistake in the submission, and not in the test. */
export function isAssertion(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code } = error as Record<string, unknown>
  if (name === 'AssertionError' || code === 'ERR_ASSERTION') return true
  // The marks of an error from an added matcher, in this order: of Jest, of Vitest 4 and of Vitest 5.
  return (
    'matcherResult' in error ||
    '__vitest_error_context__' in error ||
    error.constructor.name === 'JestExtendError'
  )
}

/**
 * The message that the student may read about a test. The text contains nothing of the error's own message, because
 * that message may show secrets of the test.
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

// A failure and its run share the usage object. A run that the test itself started, such as the run of a checker, is
// not among the recorded runs.
const runOf = (failure: MatcherFailure, runs: readonly RecordedRun[]): RecordedRun | undefined =>
  runs.find(({ result }) => result.usage === failure.run.usage)

const longestError = 16_384

/** The message for the staff: the text of the error, and the error's place if the test's own code failed. */
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
