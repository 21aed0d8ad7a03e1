// @ts-check
// Makes one script of the HTML report's modules: the report is one file that loads nothing.
import { build } from 'rolldown'

await build({
  input: 'src/grading/writers/html/page/page-main.ts',
  platform: 'browser',
  logLevel: 'warn',
  output: { file: 'dist/report-page.js', format: 'iife', minify: true },
})
