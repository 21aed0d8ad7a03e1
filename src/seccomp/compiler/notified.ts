import type { Meaning } from '../../launcher/plan/log.ts'
import { X32_SYSCALL_BIT } from '../../linux/constants.ts'
import type { Arch } from '../../linux/syscalls.ts'
import type { SeccompAction, SeccompPolicy } from '../seccomp-policy.ts'
import { answeredCalls } from './answered-calls.ts'
import { type Decision, decisions } from './decisions.ts'

type Notified = 'kill' | 'log'

/**
 * The action for which a filter that logs notifies the listener; `undefined` when the filter never notifies. A seccomp
 * notification does not contain the action, so the listener finds the action by the call's number.
 */
export function notifiedFor(actions: readonly SeccompAction[]): Notified | undefined {
  // If a policy logs some uses of a call and kills for other uses, the kernel itself kills.
  if (actions.includes('log')) return 'log'
  return actions.includes('kill') ? 'kill' : undefined
}

/**
 * Whether a policy logs some uses of a call and kills for other uses. The kernel does not report the uses that kill.
 */
export function killsUnreported(seccomp: SeccompPolicy, arch: Arch): boolean {
  return decisions(seccomp, arch).some((decision) => {
    const actions = actionsOf(decision)
    return actions.includes('kill') && actions.includes('log')
  })
}

const actionsOf = ({ choices }: Decision) => choices.map(({ action }) => action)

/**
 * The meaning of notifications by call number, in ascending order; the first entry starts at 0.
 *
 * @param answered the calls that the filter reports by their size
 */
export function notifiedMeanings(
  seccomp: SeccompPolicy,
  arch: Arch,
  answered: readonly number[] = answeredCalls(seccomp, arch),
): Meaning[] {
  const others = notifiedFor([seccomp.default])
  const points = decisions(seccomp, arch)
    .map((decision) => ({
      syscall: decision.syscall,
      action: notifiedFor(actionsOf(decision)) as Meaning['action'] | undefined,
    }))
    .filter(({ syscall }) => !answered.includes(syscall))
    .concat(answered.map((syscall) => ({ syscall, action: 'answer' })))
    .toSorted((a, b) => a.syscall - b.syscall)
    .flatMap((decision) => {
      const { action } = decision
      // The kernel never notifies of this call, so the interval of another call may contain its number.
      if (action === undefined) return []
      const own = { from: decision.syscall, action }
      const after = others === undefined ? [] : [{ from: decision.syscall + 1, action: others }]
      return [own, ...after]
    })
  if (arch === 'x64') {
    points.push({ from: X32_SYSCALL_BIT, action: 'kill' })
    // No table has a call with the number -1.
    if (others !== undefined) points.push({ from: 0xffff_ffff, action: others })
  }
  const first = others ?? points[0]?.action ?? 'log'
  const byNumber = new Map([{ from: 0, action: first }, ...points].map((each) => [each.from, each]))
  const sorted = [...byNumber.values()]
  return sorted.filter(({ action }, index) => index === 0 || action !== sorted[index - 1]?.action)
}
