import { describe, expect, test } from 'vitest'
import { isSyscallName, syscallNames } from '../../../src/linux/syscalls.ts'
import { expandNames, nameProblem } from '../../../src/seccomp/rules/expand-names.ts'
import { syscallGroups } from '../../../src/seccomp/rules/groups.ts'

describe('the groups', () => {
  const grouped = syscallGroups.flatMap((group) => group.syscalls)

  test('have every call of both machines', () => {
    const every = new Set([...syscallNames('x64'), ...syscallNames('arm64')])
    expect([...every].filter((name) => !grouped.includes(name))).toEqual([])
  })

  test('have each call once', () => {
    expect(grouped.filter((name, index) => grouped.indexOf(name) !== index)).toEqual([])
  })

  test('have no call that does not exist', () => {
    expect(grouped.filter((name) => !isSyscallName(name))).toEqual([])
  })

  test('state their purpose', () => {
    for (const { name, about } of syscallGroups) {
      expect(name).toMatch(/^@[a-z-]+$/)
      expect(about).toMatch(/\.$/)
    }
  })
})

describe('names in a rule', () => {
  test('stand for the calls of one machine', () => {
    expect([...expandNames(['open', 'openat', 'waitpid'], 'arm64')]).toEqual(['openat'])
    expect([...expandNames(['@raw-io'], 'x64')]).toEqual(['iopl', 'ioperm'])
    expect([...expandNames(['@raw-io'], 'arm64')]).toEqual([])
  })

  test('are accepted when only another machine has them', () => {
    expect(nameProblem('socketcall')).toBeUndefined()
    expect(nameProblem('_llseek')).toBeUndefined()
  })

  test('are explained when no machine has them', () => {
    expect(nameProblem('excve')).toMatchInlineSnapshot(
      `"unknown system call "excve"; did you mean "execve"?"`,
    )
    expect(nameProblem('make_coffee')).toMatchInlineSnapshot(`"unknown system call "make_coffee""`)
    expect(nameProblem('@filesystem')).toMatchInlineSnapshot(
      `"unknown group "@filesystem"; did you mean "@file-system"?"`,
    )
    expect(nameProblem('@gpu')).toMatchInlineSnapshot(
      `"unknown group "@gpu"; expected @io, @file-system, @watch, @flush, @memory, @numa, @remote-memory, @process, @signal, @sync, @time, @sched, @resources, @identity, @network, @ipc, @aio, @io-uring, @self-restriction, @debug, @kernel-surface, @mount, @mount-info, @file-handle, @namespace, @keyring, @module, @reboot, @administration, @clock, @raw-io or @obsolete"`,
    )
  })
})
