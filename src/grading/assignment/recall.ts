import { loadPolicy } from '../../policy/load.ts'
import { getDefaults } from '../../runner/options/defaults.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { cacheInUse, keepOutcome, keptOutcome } from '../cache/results.ts'
import type { BuiltProgram } from '../languages/build.ts'
import type { TestOutcome } from '../report/test-outcome.ts'
import type { Judging } from './context.ts'
import { gradeTest, type Judged } from './grade-test.ts'

/**
 * Judges a test, or recalls its outcome when everything is unchanged: submission, test, limits, policy,
 * compiler and Gradebox.
 */
export async function judgeOrRecall<Expect>(judging: Judging<Expect>): Promise<Judged> {
  const cache = cacheInUse()
  const key = cache === undefined ? undefined : keyOf(judging)
  if (cache === undefined || key === undefined) return gradeTest(judging)
  const kept = judging.earlier.length === 0 ? keptOutcome(cache, key) : undefined
  if (kept !== undefined) return { outcome: kept, error: recalledError(kept) }
  const judged = await gradeTest(judging)
  // A test that may have another attempt has not ended yet.
  if (judged.outcome.status === 'passed' || judging.test.retry === 0) {
    keepOutcome(cache, key, judged.outcome)
  }
  return judged
}

function keyOf<Expect>({ prepared, test, options, language }: Judging<Expect>): string | undefined {
  const content = test.content()
  const { program } = prepared
  // Without a program, no test runs, and the error of the build contains the reason.
  if (content === undefined || program?.key === undefined) return undefined
  const { number: _, ...plan } = test.plan
  const command = program.command(program.language.limits)
  return fingerprint(
    { program: program.key, policy: policyContent(program), command },
    { plan, content, limits: test.limits, of: options.limits, feedback: language },
    { defaults: getDefaults().limits },
  )
}

// All tests of a submission share one program, and that program's policy takes long to read.
const policyContents = new WeakMap<BuiltProgram, string>()

function policyContent(program: BuiltProgram): string {
  const known = policyContents.get(program)
  if (known !== undefined) return known
  const content = fingerprint(loadPolicy(program.language.policy ?? 'strict'))
  policyContents.set(program, content)
  return content
}

// The test runner shows a recalled failure as a failed test. The message names the origin of the result.
function recalledError({ status, staffMessage }: TestOutcome): Error | undefined {
  if (status === 'passed' || status === 'partial') return undefined
  const message = `${staffMessage}\n(as in an earlier grading: nothing has changed since)`
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}
