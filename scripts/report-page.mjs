// @ts-check
// Bundles the HTML report's modules into one script, because the report is one file that loads nothing.
import { build } from 'rolldown'

await build({
  input: 'src/grading/writers/html/page/page-main.ts',
  platform: 'browser',
  logLevel: 'warn',
  output: { file: 'dist/report-page.js', format: 'iife', minify: true },
})
