import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [
    gradebox({
      policy: './policy.toml',
      limits: { walltime: '5s' },
      env: { LANG: 'C.UTF-8' },
      concurrency: 3,
    }),
  ],
  test: { maxWorkers: 1, fileParallelism: false },
})
