import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'

const parse = (text: string) => parsePolicy(text, { name: 'p', path: '/srv/p.toml' })

// The problem without its position, which positions.test.ts covers.
function refusal(text: string): string | undefined {
  try {
    parse(text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return error.message.split('\n')[0]?.replace(/^Invalid policy \/srv\/p\.toml(:\d+:\d+)?: /, '')
  }
  return undefined
}

describe('a policy file is refused', () => {
  test.each([
    [
      'a call that nobody knows',
      'syscalls = ["execve", "opnat"]',
      'seccomp.syscalls[1]: unknown system call "opnat"; did you mean "openat"?',
    ],
    [
      'no execve',
      'syscalls = ["read", "write"]',
      'seccomp: execve gets the default, "kill": no program could start; allow execve',
    ],
    [
      'an execve that is killed',
      'dismatch_action = "allow"\nsyscalls = ["execve"]',
      'seccomp: "kill" on execve: no program could start under this policy',
    ],
    [
      'both forms',
      'syscalls = ["execve"]\ndefault = "allow"',
      'seccomp: syscalls and dismatch_action (hakoniwa) do not mix with default and rules',
    ],
    [
      'a default that is not an action',
      'default = "deny"',
      'seccomp.default: unknown action "deny"; expected allow, kill, log or errno:ENOSYS',
    ],
    [
      'an error that nobody knows',
      'default = "errno:ENOSUCH"',
      'seccomp.default: unknown error "ENOSUCH"; did you mean "ENOSPC"?',
    ],
    [
      'a rule that denies execve',
      'rules = [{ action = "errno:EPERM", syscalls = ["@process"] }]',
      'seccomp.rules[0].action: "errno:EPERM" on execve: no program could start under this policy',
    ],
    [
      'a group that nobody knows',
      'default = "allow"\nrules = [{ action = "kill", syscalls = ["@net"] }]',
      'seccomp.rules[0].syscalls[0]: unknown group "@net"; expected @io, @file-system, @watch, @flush, @memory, @numa, @remote-memory, @process, @signal, @sync, @time, @sched, @resources, @identity, @network, @ipc, @aio, @io-uring, @self-restriction, @debug, @kernel-surface, @mount, @mount-info, @file-handle, @namespace, @keyring, @module, @reboot, @administration, @clock, @raw-io or @obsolete',
    ],
  ])('for a seccomp part with %s', (_, seccomp, message) => {
    expect(refusal(`[seccomp]\n${seccomp}`)).toBe(message)
  })

  test.each([
    [
      'an argument that no call has',
      '{ arg = 6, value = 0 }',
      'seccomp.rules[0].conditions[0].arg: expected an argument from 0 to 5, got 6',
    ],
    [
      'a constant that nobody knows',
      '{ arg = 0, value = "AF_UNX" }',
      'seccomp.rules[0].conditions[0].value: unknown constant "AF_UNX"; did you mean "AF_UNIX"?',
    ],
    [
      'an operator that nobody knows',
      '{ arg = 0, op = "equals", value = 0 }',
      'seccomp.rules[0].conditions[0].op: unknown value "equals"; expected eq, ne, lt, le, gt, ge or masked_eq',
    ],
    [
      'masked_eq without a mask',
      '{ arg = 0, op = "masked_eq", value = 1 }',
      'seccomp.rules[0].conditions[0].mask: masked_eq needs a mask',
    ],
    [
      'a mask without masked_eq',
      '{ arg = 0, op = "lt", value = 1, mask = 1 }',
      'seccomp.rules[0].conditions[0].mask: a mask goes with masked_eq only, not with lt',
    ],
    [
      'bits outside the mask',
      '{ arg = 0, value = 6, mask = 3 }',
      'seccomp.rules[0].conditions[0].mask: the value has bits outside the mask',
    ],
    [
      'an empty mask',
      '{ arg = 0, value = 0, mask = 0 }',
      'seccomp.rules[0].conditions[0].mask: a mask of 0 compares nothing',
    ],
    ['no value', '{ arg = 0 }', 'seccomp.rules[0].conditions[0].value: is missing'],
    [
      'a pointer',
      '{ arg = 1, value = 0 }',
      'seccomp.rules[0].conditions[0]: argument 1 of read is a pointer: a filter sees the address, not the memory behind it',
    ],
    [
      'an argument that this call does not have',
      '{ arg = 3, value = 0 }',
      'seccomp.rules[0].conditions[0]: read has arguments 0 to 2, so there is no argument 3 to compare',
    ],
    [
      'a value that the kernel does not read',
      '{ arg = 0, value = 0x100000000 }',
      'seccomp.rules[0].conditions[0]: 4294967296 does not fit argument 0 of read, of which the kernel reads 32 bits',
    ],
    [
      'a mask of bits that the kernel does not read',
      '{ arg = 0, value = 0, mask = "0x100000000" }',
      'seccomp.rules[0].conditions[0]: the mask has none of the 32 bits of argument 0 of read',
    ],
  ])('for a condition with %s', (_, condition, message) => {
    const rule = `{ action = "kill", syscalls = ["read"], conditions = [${condition}] }`
    expect(refusal(`[seccomp]\ndefault = "allow"\nrules = [${rule}]`)).toBe(message)
  })
})
