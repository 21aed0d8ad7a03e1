import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'

const parse = (text: string) => parsePolicy(text, { name: 'p', path: '/srv/p.toml' })

describe('a policy file', () => {
  test('may be empty, because every key has a default', () => {
    expect(parse('')).toEqual({
      name: 'p',
      description: '',
      hostname: 'gradebox',
      uid: 1000,
      gid: 1000,
      network: 'loopback',
      shareUts: false,
      workdirTarget: '/work',
      proc: 'full',
      mounts: [],
      files: [],
      env: {},
      limits: {},
    })
  })

  test('that was written for hakoniwa works unchanged', () => {
    const policy = parse(`
share_net = true
share_uts = true
uid = 0
gid = 0
hostname = "box"
mounts = [
  { source = "/bin"  , target = "/bin"  },
  { source = "/srv/data", target = "/data/", rw = true },
  { source = "tmpfs", target = "/tmp", fstype = "tmpfs" },
]
[[files]]
target = "/etc/hosts"
contents = "127.0.0.1 localhost"
[env]
TERM = "xterm"
[limits]
as = 256000000
core = 0
cpu = 2
fsize = 0
nofile = 32
walltime = 5
[seccomp]
dismatch_action = "log"
syscalls = ["execve", "read", "_llseek"]
`)
    expect(policy).toEqual({
      name: 'p',
      description: '',
      hostname: 'box',
      uid: 0,
      gid: 0,
      network: 'host',
      shareUts: true,
      workdirTarget: '/work',
      proc: 'full',
      mounts: [
        { type: 'bind', source: '/bin', target: '/bin', writable: false, optional: false },
        { type: 'bind', source: '/srv/data', target: '/data', writable: true, optional: false },
        { type: 'tmpfs', target: '/tmp' },
      ],
      files: [{ target: '/etc/hosts', contents: '127.0.0.1 localhost' }],
      env: { TERM: 'xterm' },
      limits: {
        addressSpaceBytes: 256_000_000,
        coreBytes: 0,
        cpuTimeMs: 2000,
        fileSizeBytes: 0,
        openFiles: 32,
        wallTimeMs: 5000,
      },
      seccomp: {
        default: 'log',
        rules: [{ action: 'allow', syscalls: ['execve', 'read', '_llseek'] }],
      },
    })
  })

  test('lists the killed calls, in hakoniwa’s form, when the default is to allow', () => {
    const { seccomp } = parse('seccomp = { dismatch_action = "allow", syscalls = ["listen"] }')
    expect(seccomp).toEqual({ default: 'allow', rules: [{ action: 'kill', syscalls: ['listen'] }] })
  })

  test('lists the allowed calls, in hakoniwa’s form, when it names no default', () => {
    const { seccomp } = parse('seccomp = { syscalls = ["execve"] }')
    expect(seccomp).toEqual({ default: 'kill', rules: [{ action: 'allow', syscalls: ['execve'] }] })
  })

  test('gives the action for a call rule by rule', () => {
    const { seccomp } = parse(`
[seccomp]
default = "allow"
rules = [
  { action = "kill", syscalls = ["@debug"] },
  { action = "errno:EPERM", syscalls = ["socket"], conditions = [{ arg = 0, value = "AF_INET" }] },
  { action = "log", syscalls = ["clone"], conditions = [{ arg = 0, mask = "CLONE_VM", value = 0 }] },
]`)
    expect(seccomp).toEqual({
      default: 'allow',
      rules: [
        { action: 'kill', syscalls: ['@debug'] },
        {
          action: 'errno:EPERM',
          syscalls: ['socket'],
          conditions: [{ arg: 0, op: 'eq', value: 'AF_INET' }],
        },
        {
          action: 'log',
          syscalls: ['clone'],
          conditions: [{ arg: 0, op: 'masked_eq', value: 0, mask: 'CLONE_VM' }],
        },
      ],
    })
  })

  test('gives an unnamed call ENOSYS unless it says otherwise', () => {
    const { seccomp } = parse(
      '[seccomp]\nrules = [{ action = "allow", syscalls = ["execve", "@io"] }]',
    )
    expect(seccomp?.default).toBe('errno:ENOSYS')
  })

  test('gives a tmpfs a size', () => {
    const { mounts } = parse('mounts = [{ target = "/tmp", fstype = "tmpfs", size = "1MiB" }]')
    expect(mounts).toEqual([{ type: 'tmpfs', target: '/tmp', sizeBytes: 1_048_576 }])
  })
})
