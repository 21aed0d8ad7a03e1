import { expect, test } from 'vitest'
import { AUDIT_ARCH, AUDIT_ARCH_I386 } from '../../../src/linux/constants.ts'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { decodeCall } from '../../../src/seccomp/decode/denied-syscall.ts'
import { remedy, ruleFor } from '../../../src/seccomp/decode/remedy.ts'
import { ruleKeys } from '../../../src/seccomp/rules/rule-text.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'

const call = (name: string, ...args: bigint[]) => ({
  syscall: syscallNumber(name, 'x64') ?? -1,
  auditArch: AUDIT_ARCH.x64,
  args: [...args, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6),
})
const rule = (name: string, ...args: bigint[]) =>
  ruleKeys(ruleFor(call(name, ...args)) ?? { action: 'kill', syscalls: [] }).join(', ')

test('a rule allows equivalent calls, and no more', () => {
  expect(
    [
      rule('mkdir', 1n, 0o777n),
      rule('socket', 2n, 1n),
      rule('socket', 0x1_0000_0002n, 1n),
      rule('socket', 77n, 1n),
      rule('ioctl', 0n, 0x5412n),
      rule('ioctl', 0n, 0xdeadbeefn),
      rule('clone', 0x11n),
      rule('clone', 0x1002_0011n),
      rule('prctl', 22n),
      rule('ptrace', 16n, 1n),
      rule('prlimit64', 0n, 7n),
      rule('prlimit64', 1n, 7n),
      rule('setpriority', 0n, 0n, 5n),
      rule('personality', 0x40000n),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "action = "allow", syscalls = ["mkdir"]
    action = "allow", syscalls = ["socket"], conditions = [{ arg = 0, value = "AF_INET" }]
    action = "allow", syscalls = ["socket"], conditions = [{ arg = 0, value = "AF_INET" }]
    action = "allow", syscalls = ["socket"], conditions = [{ arg = 0, value = "0x4d" }]
    action = "allow", syscalls = ["ioctl"], conditions = [{ arg = 1, value = "TIOCSTI" }]
    action = "allow", syscalls = ["ioctl"], conditions = [{ arg = 1, value = "0xdeadbeef" }]
    action = "allow", syscalls = ["clone"], conditions = [{ arg = 0, mask = "CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET", value = 0 }]
    action = "allow", syscalls = ["clone"], conditions = [{ arg = 0, mask = "CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET", value = "CLONE_NEWNS|CLONE_NEWUSER" }]
    action = "allow", syscalls = ["prctl"], conditions = [{ arg = 0, value = "PR_SET_SECCOMP" }]
    action = "allow", syscalls = ["ptrace"], conditions = [{ arg = 0, value = "PTRACE_ATTACH" }]
    action = "allow", syscalls = ["prlimit64"], conditions = [{ arg = 0, op = "ne", value = 1 }]
    action = "allow", syscalls = ["prlimit64"], conditions = [{ arg = 0, value = 1 }]
    action = "allow", syscalls = ["setpriority"], conditions = [{ arg = 0, value = 0 }, { arg = 1, op = "ne", value = 1 }]
    action = "allow", syscalls = ["personality"], conditions = [{ arg = 0, value = "PER_LINUX|ADDR_NO_RANDOMIZE" }]"
  `)
})

const seccomp: SeccompPolicy = { default: 'errno:ENOSYS', rules: [] }
const list: SeccompPolicy = { default: 'kill', rules: [{ action: 'allow', syscalls: ['read'] }] }

test('the way to change a policy depends on its form', () => {
  const mkdir = call('mkdir')
  expect(
    [
      remedy(mkdir, { name: 'strict', seccomp }),
      remedy(mkdir, { name: '/srv/p.toml', seccomp: list }),
      remedy(mkdir, { name: 'inline', seccomp }),
      remedy(mkdir, { name: 'inline', seccomp: list }),
      remedy({ ...mkdir, auditArch: AUDIT_ARCH_I386 }, { name: 'strict', seccomp }),
      remedy({ ...mkdir, syscall: 9999 }, { name: 'strict', seccomp }),
    ].join('\n'),
  ).toMatchInlineSnapshot(`
    "to allow it, add to a policy that extends it: seccomp.rules = [{ action = "allow", syscalls = ["mkdir"] }]
    to allow it, add to a policy that extends it: seccomp.rules = [{ action = "allow", syscalls = ["mkdir"] }]
    to allow it, put this first in its seccomp.rules: {"action":"allow","syscalls":["mkdir"]}
    to allow it, add "mkdir" to its list of syscalls
    no policy can allow it: it uses another machine's table of calls
    no rule can name it: it is newer than this version of Gradebox"
  `)
})

test('arguments are numbers as far as they are exact, so that a report can contain them', () => {
  const { args } = decodeCall(call('mmap', 0n, 4096n, 3n, 0x22n, 2n ** 64n - 1n, 0x7fff_ffff_ffffn))
  expect(args).toEqual([0, 4096, 3, 34, -1, 0x7fff_ffff_ffff])
  expect(JSON.stringify(args)).toBe('[0,4096,3,34,-1,140737488355327]')
  expect(decodeCall(call('lseek', 3n, 2n ** 62n, 0n)).args).toEqual([3, 2n ** 62n, 0])
})
