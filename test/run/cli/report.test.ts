import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { mkfifoSync } from '../support/fifo.ts'
import { gradebox, stable } from './cli.ts'

/** Runs a command and returns its report. */
function reportOf(flags: readonly string[], ...command: readonly string[]) {
  const path = join(makeDirectory(), 'report.json')
  const run = gradebox(['run', ...flags, '--report-file', path, '--', ...command])
  return { code: run.code, report: JSON.parse(readFileSync(path, 'utf8')) }
}

const socketProgram = 'import socket; socket.socket(socket.AF_INET)'

const hakoniwaKeys = [
  'status',
  'reason',
  'exit_code',
  'start_time',
  'real_time',
  'system_time',
  'user_time',
  'max_rss',
]

test('a report has hakoniwa’s keys first, in hakoniwa’s units', () => {
  const before = Date.now()
  const { report } = reportOf([], 'sh', '-c', 'sleep 0.1; exit 3')
  expect(Object.keys(report).slice(0, hakoniwaKeys.length)).toEqual(hakoniwaKeys)
  expect(report).toMatchObject({ status: 'OK', reason: 'exited with code 3', exit_code: 3 })
  expect(Date.parse(report.start_time)).toBeGreaterThanOrEqual(before)
  const nanos = (time: { secs: number; nanos: number }) => time.secs * 1e9 + time.nanos
  expect(nanos(report.real_time)).toBeGreaterThan(100e6)
  expect(nanos(report.user_time)).toBeLessThan(nanos(report.real_time))
  // Kilobytes.
  expect(report.max_rss).toBeGreaterThan(500)
  expect(report.max_rss).toBeLessThan(100_000)
})

test('a report has Gradebox’s own keys', () => {
  const { report } = reportOf(['--limit-walltime', '5'], 'echo', 'a')
  expect(report).toMatchObject({
    verdict: 'exited',
    signal: null,
    syscall: null,
    usage: { wallTimeMs: expect.any(Number) },
    limits: { wallTimeMs: 5000 },
    enforcement: { walltime: 'watch' },
    policy: 'kiss',
    command: 'echo',
    args: ['a'],
  })
})

test.each([
  ['SIG', 134, [], ['sh', '-c', 'kill -ABRT $$']],
  ['TLE', 137, ['--limit-walltime=200ms'], ['sleep', '60']],
  // Two processes together exceed the limit, and neither exceeds it alone.
  [
    'CLE',
    137,
    ['--limit-cpu=2'],
    ['sh', '-c', 'sh -c "while :; do :; done" & while :; do :; done'],
  ],
  ['OLE', 137, ['--limit-output=10'], ['yes']],
  ['OLE', 153, ['--limit-fsize=10'], ['sh', '-c', 'exec head -c 100 /dev/zero > /tmp/f']],
  ['RFE', 159, ['--policy-file=strict'], ['python3', '-c', socketProgram]],
])('the status %s, exit code %d', (status, code, flags, command) => {
  const run = reportOf(flags, ...command)
  expect(run.report.status).toBe(status)
  expect(run.report.exit_code).toBe(code)
  expect(run.code).toBe(code)
})

test('a report names the denied call', () => {
  const { report } = reportOf(['--policy-file=strict'], 'python3', '-c', socketProgram)
  expect(report.syscall).toMatchObject({ name: 'socket', args: expect.arrayContaining(['0x2']) })
})

test('a program that used more memory than its limit is MLE', () => {
  const program = [
    'import mmap',
    'm = mmap.mmap(-1, 200 << 20)',
    'for _ in range(200): m.write(b"x" * (1 << 20))',
  ].join('\n')
  const { report } = reportOf(['--limit-memory=100MiB'], 'python3', '-c', program)
  expect(report.status).toBe('MLE')
})

test('a run that could not be set up is SE, with the error', () => {
  const { code, report } = reportOf(['--ro-bind=/no/such'], 'true')
  expect(code).toBe(125)
  expect(report).toMatchInlineSnapshot(`
    {
      "args": [],
      "command": "true",
      "error": {
        "code": "MOUNT_FAILED",
        "hint": "Correct the path, or mark the mount \`optional = true\` if programs can do without it.",
        "step": {
          "call": "stat("/no/such")",
          "errno": "ENOENT",
          "process": "spawn",
          "syscall": "stat",
        },
      },
      "exit_code": null,
      "max_rss": null,
      "policy": "kiss",
      "real_time": null,
      "reason": "The mount source "/no/such" (target "/no/such", policy "kiss") does not exist on this host",
      "start_time": null,
      "status": "SE",
      "system_time": null,
      "user_time": null,
    }
  `)
})

test('a report that cannot be written is an error', () => {
  const run = gradebox(['run', '--report-file', '/no/such/report.json', 'true'])
  expect(run.code).toBe(125)
  expect(run.stderr).toBe(
    'error: The report file "/no/such/report.json" cannot be written: ENOENT\n',
  )
})

test('a report file that is a link, a FIFO or a directory is refused before the program runs', () => {
  const directory = makeDirectory({ real: 'kept\n', 'directory/': '' })
  symlinkSync('real', join(directory, 'link'))
  mkfifoSync(join(directory, 'fifo'))
  const reasons = {
    link: 'ELOOP: it is a symbolic link, which a program may have made',
    fifo: 'ENXIO: it is a FIFO that nobody reads; give a regular file',
    directory: 'EISDIR',
  }
  for (const [name, reason] of Object.entries(reasons)) {
    const path = join(directory, name)
    const run = gradebox(['run', '--report-file', path, '--', 'echo', 'ran'])
    expect(run).toEqual({
      code: 125,
      stdout: '',
      stderr: `error: The report file "${path}" cannot be written: ${reason}\n`,
    })
  }
  expect(readFileSync(join(directory, 'real'), 'utf8')).toBe('kept\n')
})

test('a report replaces a longer one at the same path', () => {
  const directory = makeDirectory({ 'report.json': 'x'.repeat(100_000) })
  const path = join(directory, 'report.json')
  expect(gradebox(['run', '--report-file', path, '--', 'true']).code).toBe(0)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ status: 'OK' })
})

test('--verbose prints the contents of the plan and the end of the run', () => {
  const flags = ['--limit-walltime', '7', '--limit-cpu=2', '--policy-file', 'strict', '-u', '5']
  const { stderr, code } = gradebox(['run', '-v', ...flags, '--', 'sh', '-c', 'exit 4'])
  expect(code).toBe(4)
  const lines = stable(stderr).trim().split('\n')
  expect(lines.every((line) => /^\[TIME \w+\] \S/.test(line))).toBe(true)
  for (const expected of [
    /^\[TIME namespace\] clone\(.*CLONE_NEWPID/,
    /^\[TIME mount\] mount\("\/usr" -> "\/usr", MS_BIND\|MS_REC\)/,
    /^\[TIME id\] write\("\/proc\/self\/uid_map", "5 (\d+|\(its own\)) 1"\)/,
    /^\[TIME limit\] prlimit64\(RLIMIT_CPU, \[3, 4\]\)/,
    /^\[TIME limit\] timerfd_settime\(9, 0, 7\.000000000 s\)/,
    /^\[TIME filter\] seccomp\(SECCOMP_SET_MODE_FILTER, .*, \d+ instructions\)/,
    /^\[TIME exec\] execve\("\/usr\/bin\/sh", \["sh", "-c", "exit 4", 0\]\)/,
    /^\[TIME result\] exited with code 4; .* of real time, .* of CPU time, .* of memory$/,
  ]) {
    expect(lines, String(expected)).toContainEqual(expect.stringMatching(expected))
  }
})
