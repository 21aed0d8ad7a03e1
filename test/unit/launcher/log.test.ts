import { expect, test } from 'vitest'
import { logSteps } from '../../../src/launcher/plan/log.ts'
import type { Step } from '../../../src/launcher/step.ts'
import { AUDIT_ARCH } from '../../../src/linux/constants.ts'
import { syscallNames, syscallNumber } from '../../../src/linux/syscalls.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { notifiedMeanings } from '../../../src/seccomp/compiler/notified.ts'
import { expandNames } from '../../../src/seccomp/rules/expand-names.ts'
import type { SeccompPolicy } from '../../../src/seccomp/seccomp-policy.ts'

/** The init's steps after a notification: the results of lseek(2), step by step. */
function follow(steps: readonly Step[], call: { number: number; arch: number }): string {
  const from = (label = '') => steps.findIndex((step) => step.label === label)
  let position = 0
  for (let at = steps.findIndex(({ syscall }) => syscall === 'lseek'); ; ) {
    const { syscall, args, label, onError, whenDifferent, next } = steps[at] ?? (steps[0] as Step)
    if (syscall !== 'lseek') return label ?? syscall
    const [, offset] = args
    const isLoad = typeof offset === 'object' && offset.kind === 'load'
    const wanted = !isLoad
      ? position + Number(offset)
      : offset.place === 'logged.arch'
        ? call.arch
        : call.number
    if (wanted >= 0) position = wanted
    if (whenDifferent !== undefined && wanted !== whenDifferent.value) at = from(whenDifferent.goto)
    else if (wanted < 0) at = typeof onError === 'object' ? from(onError.goto) : -1
    else at = next === undefined ? at + 1 : from(next.goto)
  }
}

const policies: Readonly<Record<string, SeccompPolicy>> = {
  'strict that logs': {
    default: 'log',
    rules: loadPolicy('strict').seccomp?.rules ?? [],
  },
  'all logged': { default: 'log', rules: [] },
  'some logged': {
    default: 'kill',
    rules: [
      { action: 'log', syscalls: ['read', 'uname', 'file_setattr'] },
      { action: 'allow', syscalls: ['@process'] },
    ],
  },
  'some of each': {
    default: 'allow',
    rules: [
      { action: 'log', syscalls: ['@io'] },
      { action: 'kill', syscalls: ['@memory'] },
    ],
  },
}

test.each(Object.entries(policies))(
  'the number of a call gives the meaning of its notification: %s',
  (_, seccomp) => {
    for (const arch of ['x64', 'arm64'] as const) {
      const steps = logSteps(notifiedMeanings(seccomp, arch), arch)
      const wrong = syscallNames(arch).filter((name) => {
        const rules = seccomp.rules.filter(({ syscalls }) => expandNames(syscalls, arch).has(name))
        const actions = [...rules.map(({ action }) => action)]
        if (rules.every(({ conditions = [] }) => conditions.length > 0))
          actions.push(seccomp.default)
        const decided = actions.filter((action) => action === 'kill' || action === 'log')
        // Other calls cause no notification, and the kernel kills for a call in both lists.
        if (decided.length === 0) return false
        const number = syscallNumber(name, arch) ?? 0
        const label = follow(steps, { number, arch: AUDIT_ARCH[arch] })
        return label !== (decided.includes('log') ? 'log.log' : 'log.kill')
      })
      expect(wrong).toEqual([])
    }
  },
)

test('a number that no call has gets the default’s meaning, also -1', () => {
  const steps = (seccomp: SeccompPolicy) => logSteps(notifiedMeanings(seccomp, 'x64'), 'x64')
  for (const number of [400, 1000, 0x3fff_ffff, 0xffff_ffff]) {
    const call = { number, arch: AUDIT_ARCH.x64 }
    expect(follow(steps(policies['strict that logs'] as SeccompPolicy), call)).toBe('log.log')
    expect(follow(steps(policies['some logged'] as SeccompPolicy), call)).toBe('log.kill')
  }
})

test('a call through another table ends the run', () => {
  const steps = logSteps(notifiedMeanings(policies['all logged'] as SeccompPolicy, 'x64'), 'x64')
  expect(follow(steps, { number: 20, arch: 0x40000003 })).toBe('log.kill')
  expect(follow(steps, { number: 0x40000027, arch: AUDIT_ARCH.x64 })).toBe('log.kill')
  expect(follow(steps, { number: 39, arch: AUDIT_ARCH.x64 })).toBe('log.log')
})
