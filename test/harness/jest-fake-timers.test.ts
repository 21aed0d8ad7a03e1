import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { runProject } from './run-project.ts'

// Six processes that hold 50 MiB each, and four that compute. Each program exceeds its limit before it ends by itself.
const memory =
  'import os,time\nfor i in range(6):\n  if os.fork()==0:\n    b=bytearray(50<<20)\n    time.sleep(3); os._exit(0)\ntime.sleep(4)'
const compute = 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'

const source = `
const { sandboxed } = require('gradebox')
const kinds = { modern: { doNotFake: [] }, legacy: { legacyFakeTimers: true } }

describe.each(Object.entries(kinds))('%s fake timers', (_, options) => {
  beforeEach(() => { jest.useFakeTimers(options) })
  afterEach(() => { jest.useRealTimers() })

  test('memory', async () => {
    const limits = { memory: '128MiB', walltime: '20s' }
    expect(await sandboxed('python3', ['-c', ${JSON.stringify(memory)}], { limits })).toExceedMemory()
  }, 60000)
  test('cpu', async () => {
    const limits = { cpu: '200ms', walltime: '20s' }
    expect(await sandboxed('sh', ['-c', ${JSON.stringify(compute)}], { limits })).toExceedCpu()
  }, 60000)
  test('walltime', async () => {
    expect(await sandboxed('sleep', ['30'], { limits: { walltime: '500ms' } })).toExceedWalltime()
  }, 60000)
  test('queue', async () => {
    const runs = Array.from({ length: 8 }, () => sandboxed('true'))
    for (const run of await Promise.all(runs)) expect(run).toSucceed()
  }, 60000)
})
`

test('under Jest’s fake timers, modern and legacy, limits hold and queues continue', async () => {
  const project = join(inject('harnessRoot'), 'jest-fake-timers')
  mkdirSync(project, { recursive: true })
  const files = {
    'package.json': '{}',
    'jest.config.js':
      "module.exports = { testEnvironment: 'gradebox/jest-environment', setupFilesAfterEnv: ['gradebox/matchers/jest'] }\n",
    'fake.test.js': source,
  }
  for (const [path, contents] of Object.entries(files)) writeFileSync(join(project, path), contents)
  const { tests, output } = await runProject('jest', project)
  expect(
    tests.map(({ fullName, status }) => [fullName, status]),
    output,
  ).toEqual(
    ['modern', 'legacy'].flatMap((kind) =>
      ['memory', 'cpu', 'walltime', 'queue'].map((name) => [
        `${kind} fake timers ${name}`,
        'passed',
      ]),
    ),
  )
})
