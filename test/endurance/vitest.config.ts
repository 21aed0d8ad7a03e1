import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { allWarm, cacheDir, containers, harness, moduleCache, run, sandboxes } from '../projects.ts'

const MINUTE_MS = 60_000

// `npm run test:endurance`: each test takes minutes, or repeats a test of `npm test` in another setting.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  cacheDir,
  test: {
    experimental: moduleCache,
    fileParallelism: false,
    // Prints only figures, when they arrive.
    disableConsoleIntercept: true,
    // test/repeats.ts reads it.
    env: { GRADEBOX_REPEATS: '1' },
    projects: [
      {
        extends: true,
        test: {
          ...sandboxes,
          name: 'endurance',
          include: ['test/endurance/*.test.ts'],
          globalSetup: ['test/run/global-setup.ts', 'test/run/container/engines/global-setup.ts'],
          testTimeout: 30 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
        },
      },
      { extends: true, test: run },
      { extends: true, test: containers },
      { extends: true, test: allWarm },
      { extends: true, test: harness },
    ],
  },
})
