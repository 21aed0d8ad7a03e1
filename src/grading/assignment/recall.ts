import { loadPolicy } from '../../policy/load.ts'
import { getDefaults } from '../../runner/options/defaults.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { cacheInUse, keepOutcome, keptOutcome } from '../cache/results.ts'
import type { BuiltProgram } from '../languages/build.ts'
import type { Language } from '../languages/language.ts'
import { packageVersion } from '../package-version.ts'
import type { TestOutcome } from '../report/test-outcome.ts'
import type { Judging } from './context.ts'
import { gradeTest, type Judged } from './grade-test.ts'
import type { Prepared } from './prepare-submission.ts'

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
  // Without a program nothing runs, and the build has the reason.
  if (content === undefined || program === undefined) return undefined
  const { number: _, ...plan } = test.plan
  return fingerprint(
    { submission: submissionKey(prepared, program) },
    { plan, content, limits: test.limits, of: options.limits, feedback: language },
    { defaults: getDefaults().limits },
  )
}

// A submission is the same in each of its tests, and its policy takes long to read.
const submissionKeys = new WeakMap<Prepared, string>()

function submissionKey(prepared: Prepared, program: BuiltProgram): string {
  const known = submissionKeys.get(prepared)
  if (known !== undefined) return known
  const key = fingerprint(
    { gradebox: packageVersion(), arch: process.arch },
    prepared.facts.files.map(({ path, sha256 }) => [path, sha256]),
    { name: program.name, version: program.version, language: program.language },
    { policy: policyContent(program.language.policy) },
  )
  submissionKeys.set(prepared, key)
  return key
}

const policyContent = (policy: Language['policy']) => loadPolicy(policy ?? 'strict')

// The test runner shows a test that did not pass as failed, with the origin of the result.
function recalledError({ status, staffMessage }: TestOutcome): Error | undefined {
  if (status === 'passed' || status === 'partial') return undefined
  const message = `${staffMessage}\n(as in an earlier grading: nothing has changed since)`
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}
