import { describe, expect, test } from 'vitest'
import { CLONE_NEWUSER, MS_NOEXEC, MS_RDONLY } from '../../../src/ffi/constants.ts'
import { syscallNumber } from '../../../src/ffi/syscalls.ts'
import { describeStep } from '../../../src/runner/launcher/describe/describe.ts'
import type { Flow } from '../../../src/runner/launcher/plan/flow.ts'
import type { Workdir } from '../../../src/runner/launcher/plan/workdir.ts'
import { RECORD } from '../../../src/runner/launcher/report/records.ts'
import type { Step } from '../../../src/runner/launcher/step.ts'
import {
  initSteps,
  type PlanChanges,
  paths,
  policy,
  root,
  samplePlan,
  user,
} from './sample-plans.ts'

/** A plan's lines: who takes a step, and the step. */
const lines = (flow: Flow, changes?: PlanChanges): string[] =>
  samplePlan(flow, changes).steps.map((step) => `${step.process.padEnd(7)} ${describeStep(step)}`)

const calls = (steps: readonly Step[]): string[] => steps.map(describeStep)

/** Expects that these calls are among the steps, once each, in this order. */
function expectOrder(steps: readonly Step[], order: readonly string[]): void {
  const all = calls(steps)
  const found = all.filter((call) => order.some((start) => call.startsWith(start)))
  expect(found.map((call) => order.find((start) => call.startsWith(start)))).toEqual(order)
}

const entries = [
  { path: 'src', type: 'directory', mode: 0o755, sizeBytes: 0, modifiedMs: 1500 },
  { path: 'src/main.py', type: 'file', mode: 0o644, sizeBytes: 12, modifiedMs: 2000 },
  { path: 'link', type: 'symlink', mode: 0o777, sizeBytes: 4, modifiedMs: 0, link: 'src' },
  { path: 'socket', type: 'other', mode: 0o600, sizeBytes: 0, modifiedMs: 0 },
] as const
const source = '/home/alice/work'

const workdirs: Readonly<Record<string, Workdir>> = {
  empty: { how: 'empty' },
  bind: { how: 'bind', source, readOnly: false },
  'read-only bind': { how: 'bind', source, readOnly: true },
  'idmapped bind': { how: 'idmapped', source, disk: { uid: 1001, gid: 1002 } },
  overlay: { how: 'overlay', source, options: ',userxattr', chown: entries, readOnly: false },
  'read-only overlay': { how: 'overlay', source, options: '', chown: [], readOnly: true },
  copy: { how: 'copy', source, entries, readOnly: false },
  'read-only copy': { how: 'copy', source, entries, readOnly: true },
}

const variants = [user, root].flatMap((flow) =>
  Object.entries(workdirs)
    .filter(([, { how }]) => flow.kind === 'root' || how !== 'idmapped')
    .map(([name, workdir]) => ({ flow, name, workdir })),
)

describe('the launch program, step by step', () => {
  test('for an ordinary user', async () => {
    const text = `${lines(user).join('\n')}\n`
    await expect(text).toMatchFileSnapshot('snapshots/plan-user.txt')
  })

  test('for root', async () => {
    const text = `${lines(root).join('\n')}\n`
    await expect(text).toMatchFileSnapshot('snapshots/plan-root.txt')
  })

  test.each(Object.entries(workdirs).slice(1))(
    'for root, with a workdir: %s',
    async (name, workdir) => {
      const others = new Set(lines(root, { workdir: { how: 'empty' } }))
      const own = lines(root, { workdir }).filter((line) => !others.has(line))
      const file = `snapshots/workdir-${name.replace(' ', '-')}.txt`
      await expect(`${own.join('\n')}\n`).toMatchFileSnapshot(file)
    },
  )

  test('says nothing of what the environment and the files contain', () => {
    const secret = 'hunter2'
    const all = lines(user, {
      env: { TOKEN: secret },
      files: [{ target: '/work/secret', contents: secret }],
    })
    expect(all.filter((line) => line.includes(secret))).toEqual([])
  })
})

describe.each(variants)('as $flow.kind, workdir: $name', ({ flow, workdir }) => {
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
      'openat(7, "sys/user/max_user_namespaces", O_WRONLY|O_CLOEXEC, 0)',
      'close(7)',
      'prctl(PR_SET_SECUREBITS',
      'prctl(PR_CAPBSET_DROP, 0)',
      'prctl(PR_CAPBSET_DROP, 1)',
      'prctl(PR_CAPBSET_DROP, 2)',
      'capset([537396514], [0, 0, 0])',
      'prctl(PR_SET_NO_NEW_PRIVS, 1)',
      'prctl(PR_SET_DUMPABLE, 0)',
    ])
    const all = calls(before)
    const limit = all.indexOf('openat(7, "sys/user/max_user_namespaces", O_WRONLY|O_CLOEXEC, 0)')
    expect(all[limit + 1]).toBe('write(init.fd, "0", 1)')
  })

  test('the filter is the last thing before the program, and the signal mask just before it', () => {
    const target = calls(steps.filter(({ process }) => process === 'target'))
    const program = target.findIndex((call) => call.startsWith('execve('))
    expect(target.slice(program - 2)).toEqual([
      'rt_sigprocmask(2, [0], 0, 8)',
      'seccomp(1, 8, [3, &filter.code])',
      'execve("/usr/bin/a.out", ["a.out", "--fast", 0])',
      'execve("/bin/a.out", ["a.out", "--fast", 0])',
    ])
  })

  test('the sandbox’s root is read-only before privileges are dropped', () => {
    expectOrder(before, [
      'pivot_root(".", ".")',
      'umount2(".", 2)',
      'chdir("/")',
      'mount("/", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
      'prctl(PR_SET_SECUREBITS',
    ])
  })

  test('files below /work are written after the root is entered, others before', () => {
    const all = calls([...image.steps, ...request.steps])
    const entered = all.indexOf('pivot_root(".", ".")')
    const wherever = (path: string) =>
      all.flatMap((call, index) =>
        call.includes(`"${path}"`) && call.startsWith('openat2(') ? [index] : [],
      )
    expect(wherever('etc/passwd')).toHaveLength(1)
    expect(wherever('etc/passwd')[0]).toBeLessThan(entered)
    expect(wherever('work/in/data.txt')).toHaveLength(1)
    expect(wherever('work/in/data.txt')[0]).toBeGreaterThan(entered)
    expect(wherever('work/policy.txt')).toEqual([])
    const written = all.slice(0, entered).filter((call) => /^openat2?\(.*"work\//.test(call))
    expect(written).toEqual([])
  })

  test('every record is written at once', () => {
    const PIPE_BUF = 4096
    for (const { size } of Object.values(RECORD)) expect(size).toBeLessThan(PIPE_BUF)
    const reports = steps.filter(({ syscall, args }) => syscall === 'write' && args[0] === 3)
    const sizes = Object.values(RECORD).map(({ size }) => size as number)
    expect(reports.length).toBeGreaterThan(6)
    for (const { args } of reports) expect(sizes).toContain(args[2])
  })
})

describe('for root', () => {
  const { steps } = samplePlan(root, { workdir: workdirs.overlay ?? { how: 'empty' } })
  const init = initSteps(steps)

  test('the program’s user is unprivileged before it has a user namespace', () => {
    expectOrder(init, [
      'setgroups(0, 0)',
      'setresgid(1073741826, 1073741826, 1073741826)',
      'setresuid(1073741825, 1073741825, 1073741825)',
      'prctl(PR_SET_DUMPABLE, 1)',
      'unshare(CLONE_NEWUSER)',
      'openat(7, "self/setgroups"',
      'openat(7, "self/uid_map"',
      'openat(7, "self/gid_map"',
      'prctl(PR_SET_DUMPABLE, 0)',
    ])
    const all = calls(init)
    const maps = all.filter((call) => call.startsWith('write(init.fd, "1000 '))
    expect(maps).toEqual([
      'write(init.fd, "1000 1073741825 1", 17)',
      'write(init.fd, "1000 1073741826 1", 17)',
    ])
  })

  test('nothing is left for root to do from then on', () => {
    const dropped = init.findIndex(({ syscall }) => syscall === 'setresuid')
    const needRoot =
      /^(mount|mount_setattr|umount2|pivot_root|setns|sethostname|mknodat|chroot|fchown|fchownat|setgroups|setresgid|setresuid|symlinkat|mkdirat|utimensat)$/
    const after = init.slice(dropped + 1).map(({ syscall }) => syscall)
    expect(after.filter((syscall) => needRoot.test(syscall))).toEqual([])
    expect(after).toContain('timerfd_settime')
  })

  test('PDEATHSIG is set again after the change of user has cleared it', () => {
    const all = calls(init)
    const dropped = all.indexOf('unshare(CLONE_NEWUSER)')
    expect(all.slice(dropped)).toContain('prctl(PR_SET_PDEATHSIG, 9)')
  })

  test('the namespaces are made without a user namespace', () => {
    const flags = steps.filter(({ store }) => store === 'keeper.init').map(({ args }) => args[0])
    expect(flags.map((flag) => Number(flag) & CLONE_NEWUSER)).toEqual([0])
  })

  test('what is copied or overlaid becomes the program’s', () => {
    const owned = calls(init).filter((call) => call.startsWith('fchownat('))
    expect(owned).toMatchInlineSnapshot(`
      [
        "fchownat("../upper", 1073741825, 1073741826)",
        "fchownat("/work/src", 1073741825, 1073741826)",
        "fchownat("/work/src/main.py", 1073741825, 1073741826)",
        "fchownat("/work/link", 1073741825, 1073741826)",
        "fchownat("/work/socket", 1073741825, 1073741826)",
        "fchownat("/work/in", 1073741825, 1073741826)",
      ]
    `)
  })
})

describe('for an ordinary user', () => {
  const { steps } = samplePlan(user)
  const init = initSteps(steps)

  test('the ids are mapped before anything is mounted, groups denied first', () => {
    const all = calls(init)
    const mounted = all.findIndex((call) => call.startsWith('mount('))
    expect(all.slice(0, mounted).filter((call) => /^(openat\(7|write)/.test(call))).toEqual([
      'openat(7, "self/setgroups", O_WRONLY|O_CLOEXEC, 0)',
      'write(init.fd, "deny", 4)',
      'openat(7, "self/uid_map", O_WRONLY|O_CLOEXEC, 0)',
      'write(init.fd, "1000 1234 1", 11)',
      'openat(7, "self/gid_map", O_WRONLY|O_CLOEXEC, 0)',
      'write(init.fd, "1000 5678 1", 11)',
    ])
  })

  test('no step changes the user or an owner', () => {
    const changes = /^(setres|setgroups|fchown|unshare\(CLONE_NEWUSER)/
    expect(calls(init).filter((call) => changes.test(call))).toEqual([])
  })
})

describe('a policy', () => {
  const withPolicy = (changes: Partial<typeof policy>) =>
    calls(samplePlan(user, { policy: { ...policy, ...changes } }).steps)

  test('that shares the host’s network makes no network namespace', () => {
    const network = /NEWNET|network|socket|ioctl\(init/
    expect(withPolicy({ network: 'host' }).filter((call) => network.test(call))).toEqual([])
    expect(
      withPolicy({ network: 'none' }).filter((call) => /^(socket|ioctl\(init)/.test(call)),
    ).toEqual([])
    expect(withPolicy({ network: 'none' })).toContain('unshare(CLONE_NEWNET)')
  })

  test('that shares the host’s name sets none', () => {
    const names = /NEWUTS|sethostname/
    expect(withPolicy({ shareUts: true }).filter((call) => names.test(call))).toEqual([])
    expect(withPolicy({}).filter((call) => names.test(call))).toHaveLength(2)
  })

  test('decides how much of /proc there is', () => {
    const mounts = (proc: typeof policy.proc) =>
      withPolicy({ proc }).filter((call) => call.includes('-> "/proc"') && call.includes('"proc"'))
    expect(mounts('full')).toEqual([
      'mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC)',
    ])
    expect(mounts('pid')).toEqual([
      'mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, "subset=pid")',
    ])
    expect(mounts('none')).toEqual([])
  })

  test('without a filter has the launch program load none', () => {
    const all = calls(samplePlan(user, { filtered: 'no' }).steps)
    expect(all.filter((call) => /seccomp|ioctl\(8|fcntl\(8/.test(call))).toEqual([])
  })

  test('whose filter cannot notify has the kernel kill', () => {
    const all = calls(samplePlan(user, { filtered: 'kill' }).steps)
    expect(all).toContain('seccomp(1, 0, [3, &filter.code])')
    expect(all.filter((call) => /ioctl\(8|fcntl\(8/.test(call))).toEqual([])
  })
})

describe('where the kernel has no mount_setattr(2)', () => {
  const remount = (path: string) =>
    path === '/usr'
      ? [
          { path: '/usr', flags: 0 },
          { path: '/usr/local', flags: MS_NOEXEC | MS_RDONLY },
        ]
      : [{ path, flags: 0 }]
  const all = calls(samplePlan(user, { remount, paths }).steps)

  test('each mount below a source is remounted by itself, with the flags it has', () => {
    expect(all.filter((call) => call.startsWith('mount_setattr'))).toEqual([])
    const remounted = all.filter((call) => call.startsWith('mount("/usr'))
    expect(remounted).toEqual([
      'mount("/usr" -> "/usr", MS_BIND|MS_REC)',
      'mount("/usr", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
      'mount("/usr/local", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_REMOUNT|MS_BIND)',
    ])
  })

  test('a device is remounted too, and stays one', () => {
    expect(all).toContain('mount("/dev/null", MS_RDONLY|MS_NOSUID|MS_NOEXEC|MS_REMOUNT|MS_BIND)')
  })
})

test('a run’s own mounts are made as the policy’s are, a link left to the policy', () => {
  const mounts = [
    { type: 'bind', source: '/opt/jdk', target: '/opt/jdk', isDirectory: true, writable: true },
    { type: 'symlink', link: 'jdk', target: '/opt/java' },
  ] as const
  const all = calls(samplePlan(user, { mounts }).steps)
  expect(all.filter((call) => call.includes('/opt/j'))).toEqual([
    'mkdirat("/opt/jdk", 0755)',
    'mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC)',
    'mount_setattr("/opt/jdk", AT_RECURSIVE, MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV)',
  ])
})

test.fails('a path below /work, where links are the student’s, is never followed on the host', () => {
  const mount = { type: 'bind', source: '/srv/tests', writable: false } as const
  const mounts = [
    { ...mount, target: '/work/tests', isDirectory: true },
    { ...mount, target: '/work/a/b.txt', isDirectory: false },
  ]
  const { steps } = samplePlan(root, { mounts, workdir: workdirs.overlay ?? { how: 'empty' } })
  const all = calls(steps)
  const outside = all.slice(0, all.indexOf('pivot_root(".", ".")'))
  const follows = /^(mkdirat|mknodat|mount|mount_setattr)\(.*"\/work\//
  expect(outside.filter((call) => follows.test(call))).toEqual([])
})

test('without a walltime no timer runs', () => {
  const all = calls(samplePlan(user, { limits: {} }).steps)
  expect(all.filter((call) => call.startsWith('timerfd_settime'))).toEqual([])
})

test.each([
  [1500, '[0, 0, 1, 500000000]'],
  [0.0000001, '[0, 0, 0, 1]'],
  [0.5, '[0, 0, 0, 500000]'],
  [2000, '[0, 0, 2, 0]'],
  [1999.9999999999, '[0, 0, 1, 999999999]'],
])('a walltime of %d ms is a timer of %s', (walltimeMs, timer) => {
  const all = calls(samplePlan(user, { limits: { walltimeMs } }).steps)
  expect(all.find((call) => call.startsWith('timerfd_settime'))).toBe(
    `timerfd_settime(5, 0, ${timer}, 0)`,
  )
})

test('a stream that nobody wants becomes the sandbox’s /dev/null', () => {
  const all = calls(samplePlan(user, { discard: [1, 2] }).steps)
  expect(all.filter((call) => call.startsWith('dup3(target.fd'))).toEqual([
    'dup3(target.fd, 1, 0)',
    'dup3(target.fd, 2, 0)',
  ])
})
