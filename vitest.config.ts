import { defineConfig } from 'vitest/config'
import {
  ALONE,
  cacheDir,
  containers,
  harness,
  ISOLATED,
  moduleCache,
  run,
  sandboxes,
  someWarm,
} from './test/projects.ts'

/** The file that lists the tests' results; .ci/run sets it. */
const { GRADEBOX_TEST_RESULTS: results } = process.env

/** Unit tests that take seconds each. `npm run test:quick` sets the variable and leaves them out. */
const LONG = process.env.GRADEBOX_QUICK === '1' ? ['**/*.long.test.ts'] : []

type JsonReporter = ['json', { outputFile: string }]

// A busy machine must not fail unit tests; an algorithm that is quadratic by mistake takes longer.
const UNIT_TIMEOUT_MS = 60_000

export default defineConfig({
  cacheDir,
  test: {
    // Vitest leaves one processor out, which on a machine with two doubles the time.
    maxWorkers: '100%',
    experimental: moduleCache,
    // Tests start hundreds of processes each, and a busy machine can make one fail. CI repeats it, and Vitest names it.
    retry: process.env.CI === undefined ? 0 : 2,
    reporters: [
      'default',
      './test/reporters/project-times.ts',
      ...(results === undefined ? [] : [['json', { outputFile: results }] satisfies JsonReporter]),
    ],
    projects: [
      {
        extends: true,
        // No privilege, no sandbox.
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [ISOLATED, ...LONG],
          isolate: false,
          testTimeout: UNIT_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        test: {
          name: 'unit-isolated',
          include: [`test/unit/${ISOLATED}`],
          testTimeout: UNIT_TIMEOUT_MS,
        },
      },
      { extends: true, test: run },
      {
        extends: true,
        test: {
          ...sandboxes,
          name: 'run-isolated',
          include: [`test/{run,hostile}/${ISOLATED}`],
        },
      },
      {
        extends: true,
        test: {
          ...sandboxes,
          name: 'alone',
          include: [`test/run/${ALONE}`],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
        },
      },
      { extends: true, test: containers },
      // The same promises, in sandboxes that waited in the pool for their run.
      { extends: true, test: someWarm },
      { extends: true, test: harness },
    ],
  },
})
