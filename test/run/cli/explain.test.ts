import { describe, expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { makeMarker, processesWith } from '../support/processes.ts'
import { gradebox } from './cli.ts'

/** The steps that a command line explains, by process. */
function explain(...args: readonly string[]): string[] {
  const { code, stdout, stderr } = gradebox(['explain', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trim().split('\n')
}

describe('explain', () => {
  test('shows every step with its process, in order, from the starter to the program', () => {
    const lines = explain('--', 'true', '-x')
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

  test('takes run’s flags', () => {
    const directory = makeDirectory()
    const steps = explain(
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

  test('says nothing of the environment’s values', () => {
    expect(explain('--setenv', 'TOKEN=hunter2', '--', 'env').join('\n')).not.toContain('hunter2')
    const { stdout } = gradebox(['explain', '--json', '--setenv', 'TOKEN=hunter2', '--', 'env'])
    expect(stdout).not.toContain('hunter2')
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
    const lines = explain('--', 'true').filter((line) => !line.startsWith('#'))
    // Root's runs each have an unprivileged user of their own.
    const same = (text: string) => text.replaceAll(/\b[12][0-9]{9}\b/g, 'ID')
    expect(calls.map(same)).toEqual(lines.map((line) => same(line.slice(8))))
  })

  test('refuses what run refuses', () => {
    const wrong = ['--policy-file', 'strct', '--', 'true']
    expect(gradebox(['explain', ...wrong])).toEqual(gradebox(['run', ...wrong]))
    const missing = ['--ro-bind', '/no/such', '--', 'true']
    expect(gradebox(['explain', ...missing])).toEqual(gradebox(['run', ...missing]))
  })
})
