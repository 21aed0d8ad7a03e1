import { matcherFailureOf } from '../../feedback/matcher-failure.ts'
import { clockMs } from '../../globals.ts'
import { busyMachineError } from '../busy-machine.ts'
import { SubmissionProblem } from '../languages/submission-problem.ts'
import { formatPoints } from '../report/points.ts'
import type { TestStatus } from '../report/report-schema.ts'
import type { TestOutcome } from '../report/test-outcome.ts'
import { contextOf, type Judging } from './context.ts'
import { describeRun } from './excerpts.ts'
import {
  comparison,
  type Ending,
  isAssertion,
  messageForStaff,
  messageForStudent,
} from './messages.ts'
import type { Prepared } from './prepare-submission.ts'
import { Recorder } from './recorder.ts'

/** A test's outcome, and the error for the test runner. The error is undefined for a test that passed. */
export interface Judged {
  readonly outcome: TestOutcome
  readonly error: unknown
}

/** Runs a test on a submission. This function never throws, because every result is an outcome. */
export async function gradeTest<Expect>(judging: Judging<Expect>): Promise<Judged> {
  const started = clockMs()
  const { test, prepared, language, earlier } = judging
  const recorder = new Recorder(test.plan.weight)
  const error = await errorOf(judging, recorder)
  const earned =
    error === undefined ? (recorder.awarded ?? test.plan.weight) : (recorder.awarded ?? 0)
  const status = statusOf(error, earned, test.plan.weight)
  const counts = status === 'passed' || status === 'partial'
  const ending: Ending = { status, error, runs: recorder.runs, awards: recorder.messages }
  const { feedback, hint } = test.plan
  const staffMessage = messageForStaff(ending)
  const blocked = status === 'blocked' && feedback === 'full'
  return {
    error: runnerError(status, error, prepared, test.plan.weight),
    outcome: {
      status,
      earned: counts ? earned : 0,
      studentMessage: blocked
        ? prepared.facts.build.studentMessage
        : messageForStudent(ending, feedback, language, hint),
      staffMessage: status === 'blocked' ? prepared.facts.build.staffMessage : staffMessage,
      ...comparison(error),
      durationMs: clockMs() - started,
      runs: recorder.runs.slice(0, mostRuns).map(({ result, stdin }) => describeRun(result, stdin)),
      attempts: [
        ...earlier,
        ...recorder.repetitions.map((message) => ({ status: 'error', message }) as const),
        { status, message: staffMessage },
      ],
    },
  }
}

// The test runner shows this error. The report has the points.
function runnerError(status: TestStatus, error: unknown, { facts }: Prepared, weight: number) {
  if (status === 'blocked')
    return plainError(`The test could not run.\n${facts.build.staffMessage}`)
  if (status !== 'failed' || error !== undefined) return error
  return plainError(`The test gave 0 of ${formatPoints(weight)} points.`)
}

// The error has no stack, because the lines of the stack belong to this package and do not help a teacher.
function plainError(message: string): Error {
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}

// The largest number of runs to show. A test may start hundreds of runs.
const mostRuns = 20

async function errorOf<Expect>(judging: Judging<Expect>, recorder: Recorder): Promise<unknown> {
  const { prepared, test, softFailures } = judging
  const { program, problem } = prepared
  if (program === undefined) return problem ?? new Error('There is no program')
  try {
    await test.run(contextOf(judging, program, recorder))
    return judgeableError(softFailures()[0])
  } catch (error) {
    return judgeableError(error ?? new Error('The test threw nothing'))
  } finally {
    recorder.close()
  }
}

// The failed run may belong to a program that the test started itself, such as a checker.
function judgeableError(error: unknown): unknown {
  const failure = matcherFailureOf(error)
  const busy = failure && busyMachineError('a program of the test', failure.run)
  return busy ?? error
}

function statusOf(error: unknown, earned: number, weight: number): TestStatus {
  if (error instanceof SubmissionProblem) return 'blocked'
  if (error !== undefined && !isAssertion(error)) return 'error'
  if (error === undefined && earned >= weight) return 'passed'
  return earned > 0 ? 'partial' : 'failed'
}
