// @ts-check
// Writes the types of `require('gradebox')` and `require('gradebox/grading/jest')` into the built package. The types
// are those of the ES modules. A CommonJS file may name an ES module only with a resolution mode.
import { writeFileSync } from 'node:fs'
import * as gradebox from '../dist/bundle/index.js'

/**
 * Writes the types of one entry.
 *
 * @param {string} file - in `dist/cjs`
 * @param {string} esm - the ES module's types, relative to the file
 * @param {Readonly<Record<string, unknown>>} values - what the entry exports beside types
 */
function writeTypes(file, esm, values, first = '') {
  const mode = "{ 'resolution-mode': 'import' }"
  const module = `import('${esm}', { with: ${mode} })`
  const lines = Object.entries(values).flatMap(([name, value]) => [
    `export declare const ${name}: typeof ${module}.${name}`,
    // A class is also a type, and the constant of its name would hide the type.
    ...(/^class\b/.test(String(value)) ? [`export type ${name} = ${module}.${name}`] : []),
  ])
  const types = `export type * from '${esm}' with ${mode}`
  writeFileSync(`dist/cjs/${file}`, `${first}${[types, ...lines].join('\n')}\n`)
}

writeTypes('index.d.ts', '../index.js', gradebox)
writeTypes(
  'grading/jest-bridge.d.ts',
  '../../grading/jest.js',
  { assignment: undefined },
  "import '../matchers/jest.js'\n",
)
