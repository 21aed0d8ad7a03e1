import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox({ reports: { csv: 'grades.csv' } })],
  test: { include: ['*.test.mjs'] },
})
