import { describe, expect, test } from 'vitest'
import { RECORD } from '../../../src/launcher/report/records.ts'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { calls, expectOrder, initSteps, samplePlan, workdirVariants } from './sample-plans.ts'

describe.each(workdirVariants)('as $flow.kind, workdir: $name', ({ flow, workdir }) => {
  const { image, request, steps } = samplePlan(flow, { workdir })
  const init = initSteps(steps)
  const startsProgram = init.findIndex(({ store }) => store === 'watch.target')
  const before = init.slice(0, startsProgram)

  test('every call exists on both architectures', () => {
    for (const { syscall } of steps) {
      expect(syscallNumber(syscall, 'x64'), syscall).toBeTypeOf('number')
      expect(syscallNumber(syscall, 'arm64'), syscall).toBeTypeOf('number')
    }
  })

  test('the program starts with no privilege and no way to gain one', () => {
    expectOrder(before, [
      'openat(8, "sys/user/max_user_namespaces", O_WRONLY|O_CLOEXEC, 0)',
      'prctl(PR_SET_SECUREBITS',
      'prctl(PR_CAPBSET_DROP, CAP_CHOWN)',
      'prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)',
      'prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH)',
      'capset(_LINUX_CAPABILITY_VERSION_3, [0, 0, 0])',
      'prctl(PR_SET_NO_NEW_PRIVS, 1)',
      'prctl(PR_SET_DUMPABLE, 0)',
    ])
    const all = calls(before)
    const limit = all.indexOf('openat(8, "sys/user/max_user_namespaces", O_WRONLY|O_CLOEXEC, 0)')
    expect(all[limit + 1]).toBe('write("/proc/sys/user/max_user_namespaces", "0")')
  })

  test('the filter is the last step before the program, after the signal mask', () => {
    const { steps: all } = samplePlan(flow, { workdir, filtered: 'kill' })
    const target = calls(all.filter(({ process }) => process === 'target'))
    const program = target.findIndex((call) => call.startsWith('execve('))
    expect(target.filter((call) => call.startsWith('rt_'))).toEqual([
      'rt_sigaction(SIGSEGV, [4096, 0, 0, 0], NULL, 8)',
      'rt_sigprocmask(SIG_SETMASK, [])',
    ])
    expect(target.slice(program - 1)).toEqual([
      'seccomp(SECCOMP_SET_MODE_FILTER, 0, 3 instructions)',
      'execve("/usr/bin/a.out", ["a.out", "--fast", 0])',
      'execve("/bin/a.out", ["a.out", "--fast", 0])',
    ])
  })

  test('the sandbox’s root is read-only before privileges are dropped', () => {
    // The init enters some trees to fill them, and leaves them again.
    const left = calls(before).filter((call) => call === 'chdir("/")').length
    expectOrder(before, [
      'pivot_root(".", ".")',
      'umount2(".", MNT_DETACH)',
      ...Array.from({ length: left }, () => 'chdir("/")'),
      'mount("/", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
      'prctl(PR_SET_SECUREBITS',
    ])
  })

  test('files in mounts are written after the root is entered, other files before', () => {
    const all = calls([...image.steps, ...request.steps])
    const entered = all.indexOf('pivot_root(".", ".")')
    const written = all.flatMap((call, index) => {
      const [, path] = /^(?:write|sendfile)\("(\/[^"]*)", \d+ bytes\)$/.exec(call) ?? []
      return path === undefined ? [] : [[path, index < entered ? 'before' : 'after']]
    })
    expect(written).toEqual([
      ['/proc/stat', 'before'],
      ['/etc/passwd', 'before'],
      ['/work/policy.txt', 'after'],
      ['/work/in/data.txt', 'after'],
    ])
  })

  test('every record is written in one call', () => {
    const PIPE_BUF = 4096
    for (const { size } of Object.values(RECORD)) expect(size).toBeLessThan(PIPE_BUF)
    const reports = steps.filter(({ syscall, args }) => syscall === 'write' && args[0] === 3)
    const sizes = Object.values(RECORD).map(({ size }) => size as number)
    expect(reports.length).toBeGreaterThan(6)
    for (const { args } of reports) expect(sizes).toContain(args[2])
  })
})
