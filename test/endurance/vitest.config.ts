import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// `npm run test:endurance`: each test takes minutes, so `npm test` does not run this project.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  cacheDir: join(tmpdir(), `gradebox-vite-${process.getuid?.() ?? 0}`),
  test: {
    include: ['test/endurance/*.test.ts'],
    globalSetup: ['test/run/global-setup.ts', 'test/run/container/engines/global-setup.ts'],
    setupFiles: ['src/matchers/vitest.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    // Prints only figures, when they arrive.
    disableConsoleIntercept: true,
  },
})
