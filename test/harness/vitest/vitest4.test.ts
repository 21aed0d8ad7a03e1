import { describe, expect, inject, test } from 'vitest'
import { runProject, startProject } from '../run-project.ts'
import { testEnvironment, testMessages, testPools } from './behaviours.ts'
import { testTypes } from './types.ts'

// The types of CommonJS are the same with every test runner.
const gradingTypes = ['grading-vitest.ts', 'grading-jest.ts', 'grading-jest.cts']

describe('Vitest 4', () => {
  testPools()
  testEnvironment()
  testMessages()
  testTypes(inject('harnessRoot'), ['vitest.ts', 'jest-globals.ts', ...gradingTypes])
})

test('a wrong option of the plugin stops Vitest before any test', async () => {
  const run = await runProject('vitest', 'vitest-wrong-option')
  expect(run.exitCode).toBe(1)
  expect(run.output).toContain(
    'SandboxError: Invalid limits: walltime: expected a duration above 0',
  )
})

test('a report for machines gets no extra line', async () => {
  const command = ['run', '--reporter=json', 'part-0']
  const started = startProject('vitest', 'vitest-many', command)
  expect(await started.exit).toBe(0)
  expect(JSON.parse(started.output())).toMatchObject({ numPassedTests: 25 })
})

test('200 test cases in 8 files, four at a time, each with its own program', async () => {
  const { tests, exitCode } = await runProject('vitest', 'vitest-many')
  expect(tests).toHaveLength(200)
  expect(tests.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(exitCode).toBe(0)
})
