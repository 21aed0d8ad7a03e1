import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Report, readReport } from '../../../src/grading/index.ts'
import { cliPath } from '../support/built.ts'
import { makeDirectory } from '../support/directory.ts'
import { gradebox } from './cli.ts'

const TOML = `name = "Median"
languages = ["python", "shell"]

[[tests]]
name = "three numbers"
points = 2
stdin = "3 1 2\\n"
stdout = "2"

[[cases]]
path = "cases"
points = 3
group = "all"
visibility = "hidden"
`
const RIGHT = 'print(sorted(map(int, input().split()))[1])\n'
const WRONG = 'print(input().split()[1])\n'

/** A project with a TOML assignment of one test and two cases. */
function project(submissions: Readonly<Record<string, string>>, toml = TOML): string {
  return makeDirectory({
    'package.json': '{}',
    'assignment.toml': toml,
    'cases/1.in': '5 4 9\n',
    'cases/1.ans': '5\n',
    'cases/2.in': '7 9 8\n',
    'cases/2.ans': '8\n',
    ...Object.fromEntries(
      // Two copies of one program would share their results.
      Object.entries(submissions).map(([id, source]) => [
        `submissions/${id}/main.py`,
        `# ${id}\n${source}`,
      ]),
    ),
  })
}

function write(folder: string, path: string, contents: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), contents)
}

const grade = (cwd: string, ...flags: readonly string[]) => gradebox(['grade', ...flags], { cwd })
const reportOf = (folder: string): Report => readReport(join(folder, 'gradebox-report.json'))
const pointsOf = (report: Report) =>
  Object.fromEntries(report.submissions.map(({ id, points }) => [id, points]))

/**
 * The times of all runs. A recalled test has the same times to the nanosecond, and a test that ran again has others.
 */
const timesOf = (report: Report) =>
  new Map(
    report.submissions.flatMap(({ id, tests }) =>
      tests.map(({ name, runs }) => [
        `${id}: ${name}`,
        runs.map(({ usage }) => usage.wallTimeMs).join(),
      ]),
    ),
  )

function rerun(before: Report, after: Report): string[] {
  const [old, now] = [timesOf(before), timesOf(after)]
  return [...now.keys()].filter((key) => now.get(key) !== old.get(key))
}

test('a TOML assignment is graded, a wrong program is not a failure, and the reports are written', () => {
  const folder = project({ ada: RIGHT, bob: WRONG })
  const { code, stderr } = grade(folder, '--report', 'csv=grades.csv')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(pointsOf(reportOf(folder))).toEqual({ ada: 5, bob: 0 })
  expect(readFileSync(join(folder, 'grades.csv'), 'utf8')).toContain('ada,')
})

test('a submission without files is named, and keeps no other from its points', () => {
  const folder = project({ ada: RIGHT })
  mkdirSync(join(folder, 'submissions/bob'))
  const { code, stderr } = grade(folder, '--report', 'csv=grades.csv')
  expect(code).toBe(0)
  expect(stderr).toContain(
    '  ada  5 of 5 points  Python\n  bob  0 of 5 points  no program: no files\n',
  )
  expect(stderr).toContain('Without a program: 1 submission (bob)\n')
  expect(readFileSync(join(folder, 'grades.csv'), 'utf8')).toMatch(/^bob,,,,0,5,no program,/m)
  expect(reportOf(folder).submissions[1]?.build).toMatchObject({
    status: 'failed',
    problem: 'empty',
    studentMessage: 'Your submission has no files.',
  })
}, 60_000)

test('only changed parts are graded again', () => {
  const folder = project({ ada: RIGHT, bob: WRONG, cy: RIGHT })
  grade(folder)
  const first = reportOf(folder)
  grade(folder)
  expect(rerun(first, reportOf(folder))).toEqual([])

  write(folder, 'submissions/bob/main.py', `# bob\n${RIGHT}`)
  const regraded = grade(folder)
  const second = reportOf(folder)
  expect(rerun(first, second)).toEqual(['bob: three numbers', 'bob: 1', 'bob: 2'])
  expect(regraded.stdout).toContain('Since the last report:\n  bob  gained: 0 -> 5\n')

  write(folder, 'cases/2.ans', '9\n')
  grade(folder)
  expect(rerun(second, reportOf(folder))).toEqual(['ada: 2', 'bob: 2', 'cy: 2'])
  expect(pointsOf(reportOf(folder))).toEqual({ ada: 2, bob: 2, cy: 2 })

  const third = reportOf(folder)
  grade(folder, '--no-cache', '--only', 'ada')
  const only = reportOf(folder)
  expect(only.submissions.map(({ id }) => id)).toEqual(['ada'])
  expect(rerun(third, only)).toHaveLength(3)
}, 180_000)

test('after a kill, the next run repeats no finished test', async () => {
  const submissions = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`s${i}`, RIGHT]))
  const folder = project(submissions)
  const child = spawn(process.execPath, [cliPath(), 'grade', '--jobs', '1'], {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
  })
  const report = join(folder, 'gradebox-report.json')
  const ended = () => {
    if (!existsSync(report)) return 0
    return reportOf(folder).submissions.reduce((sum, { tests }) => sum + tests.length, 0)
  }
  while (ended() < 6) await setTimeout(20)
  // The child is detached, so the process group is its own.
  process.kill(-(child.pid ?? Number.NaN), 'SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  const killed = reportOf(folder)
  expect(grade(folder).code).toBe(0)
  const now = timesOf(reportOf(folder))
  expect(now.size).toBe(36)
  for (const [key, times] of timesOf(killed)) expect(now.get(key)).toBe(times)
  const left = new RegExp(`^gradebox-(?:builds|grade)-${child.pid}-`)
  expect(readdirSync(tmpdir()).filter((name) => left.test(name))).toEqual([])
}, 180_000)

test('several workers grade one TOML assignment, and write one report', async () => {
  // Without files nothing runs, so many tests are quick.
  const ids = Array.from({ length: 40 }, (_, index) => `s${10 + index}`)
  const folder = project({ s10: RIGHT, s49: RIGHT })
  for (const id of ids) mkdirSync(join(folder, 'submissions', id), { recursive: true })
  for (let test = 3; test <= 9; test++) {
    write(folder, `cases/${test}.in`, '2 1 3\n')
    write(folder, `cases/${test}.ans`, '2\n')
  }
  const child = spawn(process.execPath, [cliPath(), 'grade', '--no-cache', '--jobs', '2'], {
    cwd: folder,
    stdio: 'ignore',
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  let most = 0
  while (child.exitCode === null) {
    most = Math.max(most, workersOf(child.pid ?? 0))
    await setTimeout(20)
  }
  expect(await ended).toBe(0)
  expect(most).toBe(2)
  const { complete, submissions } = reportOf(folder)
  expect(complete).toBe(true)
  expect(submissions.map(({ id, points }) => [id, points])).toEqual(
    ids.map((id) => [id, id === 's10' || id === 's49' ? 5 : 0]),
  )
}, 180_000)

test('--jobs 8 runs eight programs at once', async () => {
  const toml =
    'name = "Wait"\n[limits]\nwalltime = "1min"\n[[tests]]\nname = "waits"\nstdout = "done"\n'
  const script = '#!/bin/sh\nsleep 15.0625\necho done\n'
  const ids = Array.from({ length: 8 }, (_, index) => `s${index}`)
  const folder = makeDirectory({
    ...{ 'package.json': '{}', 'assignment.toml': toml },
    ...Object.fromEntries(ids.map((id) => [`submissions/${id}/main.sh`, script])),
  })
  const child = spawn(process.execPath, [cliPath(), 'grade', '--no-cache', '--jobs', '8'], {
    cwd: folder,
    stdio: 'ignore',
  })
  let most = 0
  while (child.exitCode === null) {
    const running = readdirSync('/proc').filter((pid) => isProgram(pid, 'sleep\x0015.0625'))
    most = Math.max(most, running.length)
    await setTimeout(100)
  }
  expect(child.exitCode).toBe(0)
  expect(most).toBe(8)
}, 180_000)

/** The number of Vitest's workers among the children of a process. */
function workersOf(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return children.filter((each) => each !== '' && isProgram(each, 'vitest/dist/workers')).length
  } catch {
    return 0
  }
}

/** Whether a process has this text in its command line; false for one that has ended. */
function isProgram(pid: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
  } catch {
    return false
  }
}

test('each shard grades a part of the class, and merge joins the reports', () => {
  const submissions = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`s${i}`, RIGHT]))
  const folder = project(submissions)
  grade(folder, '--shard', '1/2', '--report', 'json=one.json')
  grade(folder, '--shard', '2/2', '--report', 'json=two.json')
  const sizes = ['one.json', 'two.json'].map(
    (file) => readReport(join(folder, file)).submissions.length,
  )
  expect(sizes.sort()).toEqual([2, 3])

  const merged = gradebox(['merge', 'one.json', 'two.json', '--report', 'csv=all.csv'], {
    cwd: folder,
  })
  expect(merged.code).toBe(0)
  expect(reportOf(folder).submissions).toHaveLength(5)
  const missing = gradebox(['merge', 'one.json'], { cwd: folder })
  expect(missing.code).toBe(1)
  expect(missing.stderr).toContain('The reports cannot be merged: shard 2/2 is missing')
  const twice = gradebox(['merge', 'one.json', 'one.json', 'two.json'], { cwd: folder })
  expect(twice.code).toBe(1)
  expect(twice.stderr).toContain('The reports cannot be merged: one.json is given twice')
}, 120_000)

describe('the exit code', () => {
  test('is 2 when a submission could not be graded', () => {
    const folder = project(
      { ada: RIGHT },
      TOML.replace('"shell"]', '"shell"]\n[limits]\nprocesses = 1'),
    )
    writeFileSync(
      join(folder, 'assignment.toml'),
      TOML.replace('stdout = "2"', 'stdout = "2"\nlimits = { memory = "64KiB" }'),
    )
    const { code } = grade(folder)
    expect(reportOf(folder).submissions[0]).toMatchObject({ gradable: false })
    expect(code).toBe(2)
  })

  test.each([
    ['an unknown flag', ['--what'], "error: unknown option '--what'"],
    [
      'an unknown kind of report',
      ['--report', 'x=y'],
      'There is no kind of report "x"; the kinds are json, csv,',
    ],
    [
      'a misspelt kind of report',
      ['--report', 'cvs=y'],
      'There is no kind of report "cvs"; did you mean csv?',
    ],
    [
      'a kind of report twice',
      ['--report', 'csv=a.csv', '--report', 'csv=b.csv'],
      'There are two reports of the kind csv; give it once',
    ],
    [
      'a shard that does not exist',
      ['--shard', '3/2'],
      'Expected a shard such as `2/4`, got "3/2"',
    ],
    ['no submission that matches', ['--only', 'zed'], 'No submission matches "zed"'],
    [
      'a folder without an assignment',
      ['submissions'],
      'submissions has no assignment.toml and no test file',
    ],
    ['a path that does not exist', ['nowhere'], 'nowhere does not exist'],
  ])('is 1 for %s', (_, flags, message) => {
    const { code, stderr } = grade(project({ ada: RIGHT }), ...flags)
    expect(stderr).toContain(message)
    expect(code).toBe(1)
  })

  test('is 1 for a wrong assignment.toml, whose problems have their line and column', () => {
    const folder = project(
      { ada: RIGHT },
      `${TOML}\n[[tests]]\nname = "x"\npoint = 2\ngroup = "y"\nlimits = { memory = "much" }\n`,
    )
    const { code, stderr } = grade(folder)
    expect(code).toBe(1)
    expect(stderr).toContain(
      `assignment.toml:18:1: tests[1]: unknown key "point"; did you mean "points"?`,
    )
  })
})

test.each(['submissions', 'only', 'shard'])('an empty --%s is wrong usage', (flag) => {
  const { code, stderr } = gradebox(['grade', '.', `--${flag}`, ''])
  expect(code).toBe(1)
  expect(stderr).toBe(`error: Expected a value for --${flag}, got an empty text\n`)
})

test('init does not hang on a folder that the kernel does not allow', () => {
  const { code, stderr } = gradebox(['init', '/proc/no/such'])
  expect(code).toBe(1)
  expect(stderr).toBe(
    "error: /proc/no/such/assignment.toml cannot be written: ENOENT: no such file or directory, mkdir '/proc/no'; choose another folder\n",
  )
})

test('diff shows gains and losses, with the reasons', () => {
  const folder = project({ ada: RIGHT, bob: WRONG })
  grade(folder, '--report', 'json=before.json')
  write(folder, 'submissions/ada/main.py', WRONG)
  write(folder, 'submissions/bob/main.py', RIGHT)
  grade(folder, '--report', 'json=after.json')
  const { stdout } = gradebox(['diff', 'before.json', 'after.json'], { cwd: folder })
  expect(stdout).toBe(
    [
      '  ada  lost: 5 -> 0',
      '    three numbers: passed (2) -> failed (0)',
      '    1: passed (1.5) -> failed (0)',
      '    2: passed (1.5) -> failed (0)',
      '  bob  gained: 0 -> 5',
      '    three numbers: failed (0) -> passed (2)',
      '    1: failed (0) -> passed (1.5)',
      '    2: failed (0) -> passed (1.5)',
      '',
    ].join('\n'),
  )
}, 120_000)

test('init writes an assignment that grades its own two samples, and changes no file', () => {
  const parent = makeDirectory({ 'package.json': '{}' })
  const { code, stdout } = gradebox(['init', 'median', '--gradescope', '--github'], { cwd: parent })
  expect(code).toBe(0)
  expect(stdout).toContain('Next: cd median && npm install && npm run grade')
  const folder = join(parent, 'median')
  expect(grade(folder).code).toBe(0)
  expect(pointsOf(reportOf(folder))).toEqual({ correct: 5, mistaken: 1.5 })
  expect(readdirSync(folder)).toContain('run_autograder')
  const again = gradebox(['init', 'median'], { cwd: parent })
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('assignment.toml exists already; choose an empty folder')
  rmSync(folder, { recursive: true })
}, 60_000)
