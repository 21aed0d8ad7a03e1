import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type Report, readReport } from '../../../src/grading/index.ts'
import { cliPath } from '../support/built.ts'
import { makeDirectory } from '../support/directory.ts'
import { gradebox } from './cli.ts'

const CODE = `import { assignment } from 'gradebox/grading/vitest'
import { expected } from './expected.ts'
import { far } from '../far.ts'

const offset: number = 0
const sum = assignment({ name: 'Sum', submissions: 'submissions' })

sum.test('one', { points: 1 }, async ({ run, expect }) => {
  expect(await run({ stdin: '1 1' })).toHaveStdout({ lines: String(expected + offset + far) })
})

sum.test('two', async ({ run, expect }) => {
  expect(await run({ stdin: '1 1' })).toHaveStdout({ lines: '2' })
})

sum.test.each([['1 1', 2], ['1 2', 4]])('a row', async (stdin, answer, { run, expect }) => {
  expect(await run({ stdin })).toHaveStdout({ lines: String(answer) })
})

for (const answer of [2, 3]) {
  sum.test('a round', async ({ run, expect }) => {
    expect(await run({ stdin: '1 1' })).toHaveStdout({ lines: String(answer) })
  })
}
`

const NUMBERS = [1, 2, 3, 4, 5, 6]

/** A course whose assignment is a test file, with modules next to it and above it. */
function course(): string {
  const folder = makeDirectory({
    'package.json': '{ "type": "module" }',
    'far.ts': 'export const far: number = 0\n',
    'week/sum.test.ts': CODE,
    'week/expected.ts': 'export const expected = 2\n',
    'week/submissions/ada/main.py': 'print(sum(map(int, input().split())))\n',
  })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve(cliPath(), '../../..'), join(folder, 'node_modules/gradebox'))
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
  symlinkSync(dirname(vitest), join(folder, 'node_modules/vitest'))
  return folder
}

function grade(cwd: string): Report {
  const { code, stderr } = gradebox(['grade', 'week/sum.test.ts'], { cwd })
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return readReport(join(cwd, 'gradebox-report.json'))
}

const testsOf = ({ submissions }: Report) => submissions.flatMap(({ tests }) => tests)

function change(folder: string, path: string, before: string, after: string): void {
  const file = join(folder, path)
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(before)
  writeFileSync(file, text.replace(before, after))
}

/** The numbers of the tests that ran again: their runs have other times, to the nanosecond. */
function rerun(before: Report, after: Report): number[] {
  const times = (report: Report) =>
    testsOf(report).map(({ runs }) => runs.map(({ usage }) => usage.wallTimeMs).join())
  const old = times(before)
  return times(after).flatMap((each, at) => (each === old[at] ? [] : [at + 1]))
}

test('a test file: a changed test runs again alone, and a change outside of the tests runs all tests again', () => {
  const folder = course()
  let last = grade(folder)
  // Rows and rounds with the same name have results of their own.
  expect(testsOf(last).map(({ status }) => status)).toEqual([
    ...['passed', 'passed', 'passed', 'failed', 'passed', 'failed'],
  ])
  // Two tests of different kinds change at once.
  change(folder, 'week/sum.test.ts', '{ points: 1 }', '{ points: 2 }')
  change(folder, 'week/sum.test.ts', 'run({ stdin })', 'run({ stdin, args: [] })')
  const steps: [string, string, string, readonly number[]][] = [
    ['week/sum.test.ts', `lines: '2'`, `lines: '3'`, [1, 2, 3, 4]],
    ['week/sum.test.ts', '// nothing', '// nothing', []],
    ['week/sum.test.ts', `String(answer) })\n  })`, `[String(answer)] })\n  })`, [5, 6]],
    ['week/sum.test.ts', '[2, 3]', '[3, 2]', NUMBERS],
    ['week/sum.test.ts', 'number = 0', 'number = 1', NUMBERS],
    ['week/expected.ts', '= 2', '= 1', NUMBERS],
    ['far.ts', '= 0', '= 7', NUMBERS],
    ['week/sum.test.ts', 'const offset', 'let seen = 0\nconst offset', NUMBERS],
    // From here on, a test depends on the effect of another test, so each change concerns every test.
    [
      'week/sum.test.ts',
      `sum.test('two', async ({ run, expect }) => {`,
      `sum.test('two', async ({ run, expect }) => { seen += 1`,
      NUMBERS,
    ],
    ['week/sum.test.ts', 'seen += 1', 'seen += 2', NUMBERS],
  ]
  for (const [path, before, after, numbers] of steps) {
    if (before !== after) change(folder, path, before, after)
    const next = grade(folder)
    expect({ after, numbers: rerun(last, next) }).toEqual({ after, numbers })
    last = next
  }
}, 900_000)

test('other flags of a compiler build the program again', () => {
  const toml = (value: number) =>
    `name = "Flags"\n[languages.c]\nflags = ["-DVALUE=${value}"]\n[[tests]]\nname = "one"\nstdout = "1"\n`
  const cwd = makeDirectory({
    'package.json': '{}',
    'assignment.toml': toml(1),
    'submissions/ada/main.c':
      '#include <stdio.h>\nint main(void) { printf("%d\\n", VALUE); return 0; }\n',
  })
  const points = () => {
    gradebox(['grade', '.'], { cwd })
    return readReport(join(cwd, 'gradebox-report.json')).submissions[0]?.points
  }
  expect(points()).toBe(1)
  writeFileSync(join(cwd, 'assignment.toml'), toml(2))
  expect(points()).toBe(0)
}, 900_000)
