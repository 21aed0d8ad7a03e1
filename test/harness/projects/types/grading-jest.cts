import type { Assignment } from 'gradebox/grading/jest'

import grading = require('gradebox/grading/jest')

const median = grading.assignment({ name: 'Median', submissions: 'submissions' })
median.test('one', { points: 2 }, async ({ run, expect, award }) => {
  expect(await run({ stdin: '1' })).toHaveStdout({ lines: '1' })
  award(1)
})
// @ts-expect-error no such option
grading.assignment({ name: 'Median', submission: 'submissions' })

export type Declared = Assignment<unknown>
