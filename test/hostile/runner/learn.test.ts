import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { parse } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { learn } from '../../../src/index.ts'
import { gradebox } from '../../run/cli/cli.ts'
import { makeDirectory } from '../../run/support/directory.ts'
import { lacks, sandboxLacks } from '../../run/support/tools.ts'

/** All characters that a terminal obeys, or that hide others, except the end of a line. */
const CONTROLS = /[^\n\P{Cc}]|[\p{Cf}\u2028\u2029]/u
const HOSTILE = '\u001b]0;x\u0007\u009b31m\u202e\u2028\u007f"\\\n# [seccomp]\n'

test('learn in a directory with 50,000 files leaves turns to other work', async () => {
  const directory = makeDirectory()
  execFileSync('sh', ['-c', 'seq 50000 | (cd "$0" && xargs touch)', directory])
  let turns = 0
  let isDone = false
  const learned = learn('true', [], { workdir: directory }).finally(() => {
    isDone = true
  })
  while (!isDone) {
    await turn()
    turns++
  }
  expect((await learned).runs[0]).toSucceed()
  // Without pauses, other work would get a few turns for each of the runs.
  expect(turns).toBeGreaterThan(50_000 / 64)
}, 120_000)

describe('learn follows no link', () => {
  test('as the file of the policy, as an input or as the working directory', () => {
    const directory = makeDirectory({ 'secret.txt': 'secret', 'real/': '' })
    for (const [link, to] of [
      ['policy.toml', 'secret.txt'],
      ['new.toml', 'not-there'],
      ['input.txt', 'secret.txt'],
      ['dir', 'real'],
    ] as const) {
      symlinkSync(join(directory, to), join(directory, link))
    }
    const run = (...args: string[]) =>
      gradebox(['learn', ...args, '--', 'cat'], { cwd: directory, input: '' })
    for (const name of ['policy.toml', 'new.toml']) {
      const { code, stderr } = run('-o', name)
      expect(code).toBe(125)
      expect(stderr).toContain('cannot be written')
      expect(lstatSync(join(directory, name)).isSymbolicLink()).toBe(true)
    }
    expect(readFileSync(join(directory, 'secret.txt'), 'utf8')).toBe('secret')
    expect(existsSync(join(directory, 'not-there'))).toBe(false)
    for (const args of [
      ['--input', 'input.txt'],
      ['-w', 'dir'],
    ]) {
      const { code, stdout, stderr } = run(...args)
      expect(code).toBe(125)
      expect(stdout).toBe('')
      expect(stderr).toContain('link')
    }
  })

  test.skipIf(lacks('mkfifo'))('and waits for no FIFO', () => {
    const directory = makeDirectory()
    execFileSync('mkfifo', [join(directory, 'fifo')])
    for (const args of [
      ['-o', 'fifo'],
      ['--input', 'fifo'],
    ]) {
      const { code } = gradebox(['learn', ...args, '--', 'true'], { cwd: directory, input: '' })
      expect(code).toBe(125)
    }
  })
})

describe('learn prints no raw control character', () => {
  test('of arguments, files, environment or output of the program', async () => {
    const policy = { extends: 'strict', env: { HOSTILE }, description: HOSTILE }
    const script = 'printf %s "$HOSTILE"; printf %s "$HOSTILE" >&2; mkdir "$1"; cat "$1"'
    const { toml, runs } = await learn('sh', ['-c', script, HOSTILE, HOSTILE], { policy })
    expect(toml).not.toMatch(CONTROLS)
    expect(toml.split('\n').filter((line) => line.startsWith('[seccomp]'))).toHaveLength(1)
    expect(parse(toml)).toMatchObject({ description: HOSTILE, env: { HOSTILE } })
    for (const { reason } of runs) expect(reason).not.toMatch(CONTROLS)
  })

  test('of a command, on the command line', () => {
    const directory = makeDirectory({ 'x.sh': '#!/bin/sh\nprintf "\\033[31m"\nexit 3\n' })
    const name = 'a\u001b[31m\u202eb'
    writeFileSync(join(directory, name), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
    for (const command of [`./${name}`, `./none${name}`, name]) {
      const { stdout, stderr } = gradebox(['learn', '-w', '.', '--', command], { cwd: directory })
      expect(stdout + stderr).not.toMatch(CONTROLS)
    }
    const { code, stderr } = gradebox(['learn', '-w', '.', '--', 'sh', './x.sh'], {
      cwd: directory,
    })
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'gradebox: the policy was learned from a run that exited with code 3\n',
    })
  })
})

test.skipIf(sandboxLacks('python3'))(
  'a program that makes calls with hostile numbers and arguments is learned or refused in time',
  async () => {
    const script = `
import ctypes, random
libc = ctypes.CDLL(None)
random.seed(18)
# Not fork, vfork, exit, the calls that end or stop a process, or those that wait.
skipped = {15, 22, 23, 34, 35, 56, 57, 58, 59, 60, 61, 62, 130, 200, 202, 230, 231, 232, 234, 247, 270, 271, 281, 322, 435}
for _ in range(20000):
    number = random.choice([random.randrange(500), random.randrange(1 << 32), 0x40000000 + random.randrange(500)])
    if number in skipped or number - 0x40000000 in skipped: continue
    libc.syscall(ctypes.c_ulong(number), *[ctypes.c_ulong(random.choice([0, 1, 1 << 63, (1 << 64) - 1])) for _ in range(5)])
`
    const learning = learn('python3', ['-c', script], {
      limits: { walltime: '5s', cpu: '5s' },
      groups: false,
    })
    const outcome = await learning.then(
      ({ toml }) => toml,
      ({ message }: Error) => message,
    )
    expect(outcome).not.toMatch(CONTROLS)
    expect(outcome.length).toBeLessThan(1 << 20)
  },
  120_000,
)

test('a program that never ends, or fills its output, ends with its limit', async () => {
  const limits = { walltime: '300ms', output: '64KiB' } as const
  for (const script of ['while :; do :; done', 'yes', 'sleep 9 & sleep 9 & exit 0']) {
    const { runs } = await learn('sh', ['-c', script], { limits })
    expect(runs).toHaveLength(1)
    expect(runs[0]?.stdout.length).toBeLessThanOrEqual(64 * 1024)
  }
})
