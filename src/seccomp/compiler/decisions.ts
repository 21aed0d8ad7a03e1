import { type Arch, syscallNumber } from '../../linux/syscalls.ts'
import { type ArgumentTest, argumentTest } from '../rules/argument-test.ts'
import { expandNames } from '../rules/expand-names.ts'
import type { SeccompAction, SeccompPolicy } from '../seccomp-policy.ts'

/** The action for a call that passes all of these tests. */
export interface Choice {
  readonly action: SeccompAction
  readonly tests: readonly ArgumentTest[]
}

/** The choices of a filter for one call number. The first choice whose tests are all true decides. */
export interface Decision {
  readonly syscall: number
  /** The choices in order. The last choice has no test. */
  readonly choices: readonly Choice[]
}

/** Calls that the launch program itself makes under the filter. */
export interface OwnCalls {
  readonly calls: readonly string[]
  readonly token: bigint
}

/** Tests whether the sixth register contains a token. */
export const hasToken = (token: bigint): ArgumentTest => ({
  arg: 5,
  op: 'eq',
  value: token,
  mask: (1n << 64n) - 1n,
})

/**
 * Groups a policy's rules by call, in the policy's order. The function omits calls that always get the default.
 *
 * @param seccomp a filter without problems
 * @param own calls that the filter allows under any policy when their sixth register contains the token
 */
export function decisions(seccomp: SeccompPolicy, arch: Arch, own?: OwnCalls): Decision[] {
  const byCall = new Map<string, Choice[]>()
  for (const call of own?.calls ?? []) {
    byCall.set(call, [{ action: 'allow', tests: [hasToken(own?.token ?? 0n)] }])
  }
  const isDecided = (choices: readonly Choice[]) => choices.at(-1)?.tests.length === 0
  for (const { action, syscalls, conditions = [] } of seccomp.rules) {
    for (const name of expandNames(syscalls, arch)) {
      const choices = byCall.get(name) ?? []
      byCall.set(name, choices)
      if (isDecided(choices)) continue
      choices.push({
        action,
        tests: conditions.map((each) => argumentTest(name, arch, each)),
      })
    }
  }
  return [...byCall].flatMap(([name, choices]) => {
    const syscall = syscallNumber(name, arch)
    if (syscall === undefined) return []
    if (!isDecided(choices)) choices.push({ action: seccomp.default, tests: [] })
    return choices.every(({ action }) => action === seccomp.default) ? [] : [{ syscall, choices }]
  })
}
