import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox()],
  // Waiting for a processor counts too.
  test: { maxWorkers: 4, testTimeout: 60_000 },
})
