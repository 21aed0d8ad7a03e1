import { describe, expect, test } from 'vitest'
import { giveToUser, makeDirectory } from '../support/directory.ts'
import { makeMarker, processesWith } from '../support/processes.ts'
import { gradebox } from './cli.ts'

/** The output of `explain` for a command line. */
function explain(...args: readonly string[]): string {
  const { code, stdout, stderr } = gradebox(['explain', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** The system calls of a command line, each with its process. */
const callsOf = (...args: readonly string[]): string[] =>
  explain('--calls', ...args)
    .trim()
    .split('\n')

describe('explain', () => {
  test('shows a page about ids, files, limits and the filter', () => {
    const directory = makeDirectory()
    const page = explain(
      ...['-u', '0', '--hostname', 'box', '--limit-walltime=1500ms', '--policy-file', 'strict'],
      ...['--ro-bind', `${directory}:/in`, '--rw-bind', `${directory}:/out`, '--', 'ls', '-l'],
    )
    const wanted = [
      '  command      ls -l, found in /usr/local/bin:/usr/bin:/bin\n',
      "  policy       strict: For a student's program: ",
      '  ids          user 0, group 1000 in the sandbox; outside it ',
      '  host name    box\n',
      '  network      its own, with nothing but a loopback device\n',
      '  empty      /work, in memory\n',
      '  read-only  /usr\n',
      `  read-only  /in, from ${directory}\n`,
      `  writable   /out, from ${directory}\n`,
      '  written    /etc/passwd, ',
      "  walltime   1.5 s: real time from the program's start (watch)\n",
      '  ends the program         @debug, @kernel-surface, @mount, ',
      '  allowed                  socket, socketpair, where argument 0 is AF_UNIX\n',
      '  fails with EPERM         ioctl, where argument 1 is TIOCSTI\n',
      '  fails with ENOSYS        every other system call\n',
    ]
    expect(wanted.filter((text) => !page.includes(text))).toEqual([])
    expect(page.match(/^\w+$/gm)).toEqual(['program', 'files', 'limits', 'filter'])
    expect(page).not.toContain('prctl(')
  })

  test('says that a policy has no filter, that the network is the host’s, and where a working directory appears', () => {
    const directory = makeDirectory()
    giveToUser(directory)
    const page = explain('--share-net', '-w', directory, '--', './a.out')
    expect(page).toContain("  network      the host's\n")
    expect(page).toContain(`  writable   /hako, from ${directory}\n`)
    expect(page).toContain('  command      ./a.out\n')
    expect(page).toContain('  allowed  every system call: the policy has no filter\n')
  })

  test('prints no control character of a command or a path', () => {
    const page = explain('--', 'ls', 'a\u001b[2Kb\nlimits')
    expect(page).toContain('ls a\\e[2Kb\\nlimits')
  })

  test('shows with --calls every step and its process, in order, from the starter to the program', () => {
    const lines = callsOf('--', 'true', '-x')
    const steps = lines.filter((line) => !line.startsWith('#'))
    expect(lines[0]).toContain(`# true, policy kiss: ${steps.length} steps`)
    expect(steps.every((line) => /^(starter|init|idmap|target) +\w+\(.*\)$/.test(line))).toBe(true)
    const order = [
      'starter prctl(PR_SET_PDEATHSIG, SIGKILL)',
      'init    mount("/usr" -> "/usr", MS_BIND|MS_REC)',
      'init    pivot_root(".", ".")',
      'init    prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)',
      'init    prctl(PR_SET_NO_NEW_PRIVS, 1)',
      'target  execve("/usr/bin/true", ["true", "-x", 0])',
    ].map((step) => steps.indexOf(step))
    expect(order).not.toContain(-1)
    expect(order).toEqual([...order].sort((a, b) => a - b))
  })

  test('runs nothing', () => {
    const marker = makeMarker()
    explain('--', 'sleep', marker)
    expect(processesWith(marker)).toEqual([])
  })

  test('accepts run’s flags', () => {
    const directory = makeDirectory()
    const steps = callsOf(
      ...['--uid=0', '--share-net', '--hostname', 'box', '--limit-walltime=1500ms'],
      ...['--limit-nofile', '9', '--ro-bind', `${directory}:/in`, '--policy-file', 'strict'],
      ...['--', 'ls'],
    ).join('\n')
    expect(steps).toContain('sethostname("box", 3)')
    expect(steps).toMatch(/write\("\/proc\/self\/uid_map", "0 \d+ 1"\)/)
    expect(steps).toContain('timerfd_settime(9, 0, 1.500000000 s)')
    expect(steps).toContain('prlimit64(RLIMIT_NOFILE, [9, 9])')
    expect(steps).toContain(`"${directory}"`)
    expect(steps).toMatch(/seccomp\(SECCOMP_SET_MODE_FILTER, \S+, \d+ instructions\)/)
    expect(steps).not.toContain('CLONE_NEWNET')
  })

  test('prints no values of the environment', () => {
    for (const flags of [[], ['--calls'], ['--json']]) {
      const text = explain(...flags, '--setenv', 'TOKEN=hunter2', '--', 'env')
      expect(text).not.toContain('hunter2')
    }
  })

  test('is JSON with --json, with the same calls', () => {
    const { stdout } = gradebox(['explain', '--json', '--', 'true'])
    const { steps, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ command: 'true', args: [], cwd: '/work', policy: 'kiss' })
    expect(steps[0]).toEqual({
      process: 'starter',
      syscall: 'prctl',
      call: 'prctl(PR_SET_PDEATHSIG, SIGKILL)',
      onError: 'fail',
    })
    const calls = steps.map(({ call }: { call: string }) => call)
    const lines = callsOf('--', 'true').filter((line) => !line.startsWith('#'))
    // Each of root's runs has an unprivileged user of its own, and every run has processors of its own.
    const same = (text: string) =>
      text
        .replaceAll(/\b[12][0-9]{9}\b/g, 'ID')
        .replace(/^(sched_setaffinity)\(.*/, '$1')
        .replace(/^(write\("\/sys\/devices\/system\/cpu\/online").*/, '$1')
    expect(calls.map(same)).toEqual(lines.map((line) => same(line.slice(8))))
  })

  test('refuses a command line that run refuses', () => {
    const wrong = ['--policy-file', 'strct', '--', 'true']
    expect(gradebox(['explain', ...wrong])).toEqual(gradebox(['run', ...wrong]))
    const missing = ['--ro-bind', '/no/such', '--', 'true']
    expect(gradebox(['explain', ...missing])).toEqual(gradebox(['run', ...missing]))
  })
})
