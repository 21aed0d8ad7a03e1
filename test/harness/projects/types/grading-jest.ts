import { assignment } from 'gradebox/grading/jest'
import type { GradingReporterOptions } from 'gradebox/grading/jest-reporter'

const median = assignment({ name: 'Median', submissions: 'submissions' })
median.test('one', { points: 2 }, async ({ run, expect, award }) => {
  expect(await run({ stdin: '1' })).toHaveStdout({ lines: '1' })
  award(1)
})
median.test.each([[1, 2]])('each %i', (first, second, { award }) => award(first + second))

export const options: GradingReporterOptions = { reports: { csv: 'a.csv' } }
