import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxed } from 'gradebox'
import { gradeboxFixtures } from 'gradebox/vitest'
import { afterEach, test as base, beforeAll, beforeEach, expect, type TestContext } from 'vitest'

const test = base.extend(gradeboxFixtures)
let tries = 0
let runs = 0

test('runs are polled until one passes', async () => {
  const next = () => sandboxed('sh', ['-c', `exit ${2 - ++runs}`])
  await expect.poll(next, { timeout: 10_000 }).toSucceed()
  expect(runs).toBe(2)
})

test('a result is matched inside other matchers, and behind resolves', async () => {
  const run = await sandboxed('echo', ['3'])
  expect({ run, points: 2 }).toEqual(expect.objectContaining({ run: expect.toExitWithin('1s') }))
  await expect(sandboxed('false')).resolves.not.toSucceed()
})

test('a snapshot is short', async () => {
  expect(await sandboxed('sh', ['-c', 'echo 3; exit 1'])).toMatchInlineSnapshot(`
    SandboxResult {
      "command": [
        "sh",
        "-c",
        "echo 3; exit 1",
      ],
      "exitCode": 1,
      "status": "exited",
      "stderr": "",
      "stdout": "3
    ",
    }
  `)
})

test('the fixture runs programs', async ({ sandbox }) => {
  expect(await sandbox('cat', { stdin: '3\n' })).toHaveStdout('3\n')
  await expect(sandbox('sh', ['-c', 'exit 3'])).resolves.toExitWith(3)
})

const places: string[] = []
for (const name of ['first', 'second']) {
  test(`the ${name} test has a directory of its own`, async ({ scratch, sandbox }) => {
    expect(readdirSync(scratch)).toEqual([])
    expect(places.filter((place) => existsSync(place) || place === scratch)).toEqual([])
    places.push(scratch)
    writeFileSync(join(scratch, 'in.txt'), `${name}\n`)
    expect(await sandbox('cat', ['in.txt'], { workdir: scratch })).toHaveStdout(`${name}\n`)
  })
}

test('a run that is killed need not be awaited', () => {
  sandboxed('sleep', ['60']).kill()
})

test.fails('a test that fails anyway says nothing of its runs', () => {
  sandboxed('sleep', ['60'])
  throw new Error('on purpose')
})

test('each try has its own runs', { retry: 1, timeout: 2000 }, async () => {
  expect(await sandboxed('sleep', [tries++ === 0 ? '60' : '0'])).toSucceed()
})

base.describe('hooks', () => {
  const started = new Map<string, ReturnType<typeof sandboxed>>()
  const start = (name: string) => {
    started.set(name, sandboxed('sh', ['-c', 'sleep 0.1; exit 3']))
  }
  beforeAll(() => start('file'))
  beforeEach(({ task }: TestContext) => start(task.id))
  afterEach(async ({ task }: TestContext) => {
    expect(await started.get(task.id)).toExitWith(3)
  })

  test('another hook may await a run that one hook starts', async () => {
    expect(await started.get('file')).toExitWith(3)
  })
})
