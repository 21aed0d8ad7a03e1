import { defineConfig } from 'vitest/config'
import {
  ALONE,
  cacheDir,
  harness,
  ISOLATED,
  moduleCache,
  sandboxes,
  someWarm,
  timeouts,
} from './test/projects.ts'

/** The file that lists the tests' results; .ci/run sets it. */
const { GRADEBOX_TEST_RESULTS: results } = process.env

type JsonReporter = ['json', { outputFile: string }]

// A busy machine must not fail unit tests; an algorithm that is quadratic by mistake takes longer.
const UNIT_TIMEOUT_MS = 60_000

export default defineConfig({
  cacheDir,
  test: {
    // Vitest leaves one processor out, which on a machine with two doubles the time.
    maxWorkers: '100%',
    experimental: moduleCache,
    // Tests start hundreds of processes each: a machine's hiccup is tried again in CI, where Vitest names every retried test.
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
          exclude: [ISOLATED],
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
      {
        extends: true,
        // Each test really runs sandboxes.
        test: {
          ...sandboxes,
          name: 'run',
          include: ['test/run/**/*.test.ts', 'test/hostile/**/*.test.ts'],
          exclude: ['test/run/container/**', ISOLATED, ALONE],
          isolate: false,
        },
      },
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
      {
        extends: true,
        // Runs sandboxes in containers, whose engines start once for all files.
        test: {
          ...timeouts,
          name: 'containers',
          include: ['test/run/container/*.test.ts'],
          globalSetup: ['test/run/global-setup.ts', 'test/run/container/engines/global-setup.ts'],
        },
      },
      // The same promises, in sandboxes that waited in the pool for their run.
      { extends: true, test: someWarm },
      { extends: true, test: harness },
    ],
  },
})
