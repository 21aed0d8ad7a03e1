// @ts-check
// Writes the types of `require('gradebox/grading/jest')` into the built package. They are the ES module's, and a CommonJS
// file may name an ES module only with a resolution mode.
import { writeFileSync } from 'node:fs'

const esm = "'../../grading/jest.js'"
const mode = "{ 'resolution-mode': 'import' }"
writeFileSync(
  'dist/cjs/grading/jest-bridge.d.ts',
  `import '../matchers/jest.js'
export type * from ${esm} with ${mode}
export declare const assignment: typeof import(${esm}, { with: ${mode} }).assignment
`,
)
