import type { Meaning } from '../../launcher/plan/log.ts'
import { X32_SYSCALL_BIT } from '../../linux/constants.ts'
import type { Arch } from '../../linux/syscalls.ts'
import { type Decision, decisions } from '../compiler/decisions.ts'
import type { SeccompAction, SeccompPolicy } from '../seccomp-policy.ts'

type Notified = 'kill' | 'log'

/**
 * What the listener of a policy that logs is told of a call for: a notification does not say whether to
 * kill or to log, but its number does. `undefined` when it is told of none of its uses.
 */
export function notifiedFor(actions: readonly SeccompAction[]): Notified | undefined {
  // Where some uses of a call are logged and others killed for, the kernel kills.
  if (actions.includes('log')) return 'log'
  return actions.includes('kill') ? 'kill' : undefined
}

/** Whether a call has uses to log and others to kill for: of those the kernel tells nobody. */
export function killsUntold(seccomp: SeccompPolicy, arch: Arch): boolean {
  return decisions(seccomp, arch).some((decision) => {
    const actions = actionsOf(decision)
    return actions.includes('kill') && actions.includes('log')
  })
}

const actionsOf = ({ choices }: Decision) => choices.map(({ action }) => action)

/** What notifications mean, by the numbers of calls, in their order; the first from 0 on. */
export function notifiedMeanings(seccomp: SeccompPolicy, arch: Arch): Meaning[] {
  const others = notifiedFor([seccomp.default])
  const points = decisions(seccomp, arch)
    .toSorted((a, b) => a.syscall - b.syscall)
    .flatMap((decision) => {
      const action = notifiedFor(actionsOf(decision))
      // Not told of: whatever is beside it.
      if (action === undefined) return []
      const own = { from: decision.syscall, action }
      const after = others === undefined ? [] : [{ from: decision.syscall + 1, action: others }]
      return [own, ...after]
    })
  if (arch === 'x64') {
    points.push({ from: X32_SYSCALL_BIT, action: 'kill' })
    // -1 is no call by that table, but none at all.
    if (others !== undefined) points.push({ from: 0xffff_ffff, action: others })
  }
  const first = others ?? points[0]?.action ?? 'log'
  const byNumber = new Map([{ from: 0, action: first }, ...points].map((each) => [each.from, each]))
  const sorted = [...byNumber.values()]
  return sorted.filter(({ action }, index) => index === 0 || action !== sorted[index - 1]?.action)
}
