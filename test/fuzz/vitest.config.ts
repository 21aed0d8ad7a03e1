import { defineConfig } from 'vitest/config'

// GRADEBOX_FUZZ_SECONDS sets the duration; GRADEBOX_FUZZ_SEED repeats a finding.
export default defineConfig({
  test: {
    include: ['test/fuzz/**/*.test.ts'],
    setupFiles: ['src/matchers/vitest.ts'],
    fileParallelism: false,
    disableConsoleIntercept: true,
    testTimeout: 0,
  },
})
