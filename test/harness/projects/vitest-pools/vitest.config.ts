import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [
    gradebox({
      policy: './policy.toml',
      limits: { walltime: '5s' },
      env: { GRADER: 'plugin' },
      concurrency: 3,
    }),
  ],
  test: { maxWorkers: 1, environmentOptions: { gradebox: { limits: { processes: 20 } } } },
})
