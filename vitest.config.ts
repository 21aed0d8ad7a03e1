import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** No test waits so long, but a busy machine may take minutes for what takes an idle one seconds. */
const SANDBOX_TIMEOUT_MS = 300_000

/** The file that lists the tests' results; .ci/run sets it. */
const { GRADEBOX_TEST_RESULTS: results } = process.env

export default defineConfig({
  // Outside the checkout: the suites also run as a user who cannot write to it.
  cacheDir: join(tmpdir(), `gradebox-vite-${process.getuid?.() ?? 0}`),
  test: {
    // Vitest leaves one processor out, which on a machine with two doubles the time.
    maxWorkers: '100%',
    // Tests start hundreds of processes each: a machine's hiccup is tried again in CI, where Vitest names every retried test.
    retry: process.env.CI === undefined ? 0 : 2,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    projects: [
      {
        extends: true,
        // No privilege, no sandbox.
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // A busy machine must not fail them; an algorithm that is quadratic by mistake takes longer.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        // Each test really runs sandboxes.
        test: {
          name: 'run',
          include: ['test/run/**/*.test.ts', 'test/hostile/**/*.test.ts'],
          exclude: ['test/run/container/**'],
          globalSetup: ['test/run/global-setup.ts'],
          setupFiles: ['src/matchers/vitest.ts'],
          testTimeout: SANDBOX_TIMEOUT_MS,
          hookTimeout: SANDBOX_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        // Runs sandboxes in containers, whose engines start once for all files.
        test: {
          name: 'containers',
          include: ['test/run/container/*.test.ts'],
          globalSetup: ['test/run/global-setup.ts', 'test/run/container/engines/global-setup.ts'],
          testTimeout: SANDBOX_TIMEOUT_MS,
          hookTimeout: SANDBOX_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        // What a program may and may not do, in sandboxes that waited in the pool for their run.
        test: {
          name: 'warm',
          include: [
            'test/hostile/**/*.test.ts',
            'test/run/{collect,exit,files,identity,mounts,overlay-mounts,program-not-started,seccomp,stdin}.test.ts',
            'test/run/{limits,workdir}/*.test.ts',
          ],
          // This file starts Node processes of its own, whose pool works as usual.
          exclude: ['test/hostile/nested-root.test.ts'],
          globalSetup: ['test/run/global-setup.ts'],
          setupFiles: ['src/matchers/vitest.ts', 'test/run/support/always-warm.ts'],
          testTimeout: SANDBOX_TIMEOUT_MS,
        },
      },
      {
        extends: true,
        // Runs Vitest and Jest themselves on the built package.
        test: {
          name: 'harness',
          include: ['test/harness/**/*.test.ts'],
          exclude: ['test/harness/projects/**'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 300_000,
        },
      },
    ],
  },
})
