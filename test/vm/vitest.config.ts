import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  cacheDir: join(tmpdir(), `gradebox-vite-${process.getuid?.() ?? 0}`),
  test: {
    root: resolve(import.meta.dirname, '../..'),
    include: ['test/vm/*.test.ts'],
    reporters: ['verbose'],
    // One after the other: they share the processors.
    fileParallelism: false,
  },
})
