import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox()],
  // The timeout includes the wait for a processor.
  test: { maxWorkers: 4, testTimeout: 60_000 },
})
