import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerOrBundle } from './engines/engine.ts'

const engine = dockerOrBundle()
const home = mkdtempSync(join(tmpdir(), 'gradebox-reporters-'))

const body = `test('a program runs', async () => {
  expect((await sandboxed('true')).ok).toBe(true)
})
`
const vitestFile = `import { sandboxed } from 'gradebox'\nimport { expect, test } from 'vitest'\n${body}`
const jestFile = `import { sandboxed } from 'gradebox'\n${body}`

const vitestProject = (name: string) =>
  `{ plugins: [gradebox({ isolation: 'confined' })], test: { name: '${name}', include: ['${name}/*.test.mjs'] } }`
const vitestConfig = `import gradebox from 'gradebox/vitest'
export default { test: { cache: false, projects: [${['one', 'two'].map(vitestProject).join(', ')}] } }
`
const jestProject = (name: string) => `{
  displayName: '${name}', rootDir: '/project', testMatch: ['/project/jest-${name}/*.test.mjs'], transform: {},
  testEnvironment: 'gradebox/jest-environment', moduleFileExtensions: ['mjs', 'js'],
  testEnvironmentOptions: { gradebox: { isolation: 'confined' } },
}`
const jestConfig = `export default { projects: [${['one', 'two'].map(jestProject).join(', ')}] }\n`

beforeAll(() => {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  write('package.json', '{ "type": "module" }')
  write('vitest.config.mjs', vitestConfig)
  write('jest.config.mjs', jestConfig)
  for (const name of ['one', 'two']) {
    for (const file of ['a', 'b']) {
      write(`${name}/${file}.test.mjs`, vitestFile)
      write(`jest-${name}/${file}.test.mjs`, jestFile)
    }
  }
  mkdirSync(join(home, 'node_modules'))
  symlinkSync('/gradebox', join(home, 'node_modules/gradebox'))
  symlinkSync('/gradebox/node_modules/vitest', join(home, 'node_modules/vitest'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const LOSS =
  'confined; programs see which files and processes there are in this container (names, sizes, command lines), though not what is in them'

describe.skipIf(engine === undefined)('a project below full', () => {
  test.each([
    ['Vitest', 'node node_modules/vitest/vitest.mjs run --reporter=default'],
    [
      'Jest',
      'node --experimental-vm-modules /gradebox/node_modules/jest/bin/jest.js --maxWorkers=2',
    ],
  ])('%s prints one line about the isolation of each project', (_, command) => {
    const shown = engine?.command(
      ['-v', `${home}:/project`],
      'sh',
      '-c',
      `cd /project && ${command} 2>&1`,
    )
    const lines = shown?.split('\n').filter((line) => line.includes('gradebox  isolation'))
    expect(lines?.toSorted(), shown).toEqual([
      ` gradebox  isolation (one): ${LOSS}`,
      ` gradebox  isolation (two): ${LOSS}`,
    ])
  })
})
