import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { withRepeats } from '../../repeats.ts'
import { runProject } from '../run-project.ts'
import { installVitest5 } from '../vitest/install.ts'
import { normalReport } from './normal-report.ts'

const jests = withRepeats(
  [{ args: ['--config=jest.config.cjs'], nodeArgs: [] as string[] }],
  // In ES modules.
  [{ args: ['--config=jest.esm.config.cjs'], nodeArgs: ['--experimental-vm-modules'] }],
)

test('Vitest 4.1, Vitest 5 and Jest 30 give reports that are equal except for times', async ({
  skip,
}) => {
  const vitest = await runProject('vitest', 'grading')
  const report = readReport(join(vitest.directory, 'gradebox-report.json'))
  expect(vitest.exitCode).toBe(1)
  expect(
    report.submissions.map(({ id, points, maxPoints, gradable }) => [
      id,
      points,
      maxPoints,
      gradable,
    ]),
  ).toEqual([
    ['accepted-c', 9.5, 8.5, true],
    ['accepted-java', 7.65, 8.5, true],
    ['build-error-cpp', 0, 8.5, true],
    ['crash-c', 1, 8.5, true],
    ['floods-shell', 0, 8.5, true],
    ['network-python', 0, 8.5, true],
    ['two-languages', 0, 8.5, true],
    ['wrong-python', 3.2, 8.5, true],
  ])

  const csv = (directory: string) => readFileSync(join(directory, 'grades.csv'), 'utf8')
  for (const { args, nodeArgs } of jests) {
    const jest = await runProject('jest', 'grading', { args, nodeArgs })
    expect(jest.exitCode, jest.output).toBe(1)
    expect(normalReport(jest.directory)).toBe(normalReport(vitest.directory))
    expect(csv(jest.directory)).toBe(csv(vitest.directory))
  }

  const installed = installVitest5()
  if ('obstacle' in installed) skip(`Vitest 5 cannot be installed: ${installed.obstacle}`)
  else {
    const vitest5 = await runProject('vitest', 'grading', { installation: installed.installation })
    expect(normalReport(vitest5.directory)).toBe(normalReport(vitest.directory))
  }
})
