import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox({ policy: 'strict', limits: { walltime: '5s' }, env: { GRADER: 'plugin' } })],
})
