import { expect, test, vi } from 'vitest'
import type { GradedTestDeclaration } from '../../../../src/grading/assignment/declared.ts'
import { SubmissionState } from '../../../../src/grading/assignment/submission-state.ts'
import { planPoints } from '../../../../src/grading/report/score.ts'
import { makeDirectory } from '../../../run/support/directory.ts'
import { declared } from '../report/sample.ts'

const plan = declared(1)
const graded: GradedTestDeclaration<unknown> = {
  plan,
  limits: {},
  timeoutMs: 1000,
  retry: 0,
  content: () => undefined,
  run: () => undefined,
}

/** A submission without files, which needs no sandbox to be judged. */
function emptySubmission(id: string): SubmissionState {
  const found = { id, path: makeDirectory({}), people: [], metadata: {} }
  return new SubmissionState(found, {
    options: { name: 'A', submissions: 's' },
    table: {},
    language: 'en',
    plan: () => planPoints([plan], []),
  })
}

test('the tests of a submission let the next ones be prepared, once', async () => {
  const [first, second] = [emptySubmission('ada'), emptySubmission('bob')]
  const prepare = vi.spyOn(second, 'prepare')
  const followers = vi.fn(() => [second])
  first.followedBy(followers)
  expect(followers).not.toHaveBeenCalled()
  for (let count = 0; count < 2; count++) {
    const judged = first.judge(
      graded,
      () => undefined,
      () => [],
      () => {},
    )
    await expect(judged).rejects.toThrow('Your submission has no files.')
  }
  expect(followers).toHaveBeenCalledTimes(1)
  expect(prepare).toHaveBeenCalledTimes(1)
})
