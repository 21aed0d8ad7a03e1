// @ts-check
// Makes one file of the package's entry: Node reads and links each module of a graph on its own, which for
// a hundred small ones takes longer than running them. Dependencies stay what they are.
import { readFileSync } from 'node:fs'
import { build } from 'rolldown'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

await build({
  input: 'dist/index.js',
  platform: 'node',
  external: Object.keys(dependencies),
  logLevel: 'warn',
  // One folder below dist, as the modules that look for the policies' folder are.
  output: { dir: 'dist/bundle', format: 'esm', cleanDir: true },
})
