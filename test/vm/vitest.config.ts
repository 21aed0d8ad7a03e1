import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  cacheDir: join(tmpdir(), `gradebox-vite-${process.getuid?.() ?? 0}`),
  test: {
    root: resolve(import.meta.dirname, '../..'),
    include: ['test/vm/*.test.ts'],
    reporters: ['verbose'],
    // Files run one after the other, because they share the processors.
    fileParallelism: false,
  },
})
