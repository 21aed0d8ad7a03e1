import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox({ limits: { walltime: '10min' }, concurrency: 3 })],
  test: { testTimeout: 60_000, maxWorkers: 2 },
})
