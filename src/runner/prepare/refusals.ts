import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import { isOverlayRefusal } from '../../launcher/plan/trees.ts'
import type { Step } from '../../launcher/step.ts'
import { refuseDelegation } from '../../limits/cgroup/delegation.ts'
import { SECCOMP_FILTER_FLAG_NEW_LISTENER } from '../../linux/constants.ts'
import { errnoName } from '../../linux/errno.ts'
import { noteOverlayRefusal } from '../workdir/resolve.ts'

let report: 'listener' | 'kill' = 'listener'

/** How filters report denied calls on this machine: by notification, until the kernel first refuses a listener. */
export const filterReport = (): 'listener' | 'kill' => report

/**
 * Some kernels refuse steps that most kernels allow. After the first refusal of a step, later runs avoid the step.
 *
 * @param failed the failed step, and its result, an errno below zero
 * @param mounts the run's additions to the root
 * @returns whether a further attempt at the run avoids the refused step
 */
export function noteRefusal(
  { step, result }: { readonly step: Step | undefined; readonly result: number },
  mounts: readonly LateMount[],
): boolean {
  if (step === undefined) return false
  const refused = mounts.find((_, index) => isOverlayRefusal(step, index))
  if (refused?.type === 'overlay') {
    noteOverlayRefusal(refused.source)
    return true
  }
  // Docker's default seccomp profile denies this call with ENOSYS.
  if (step.syscall === 'clone3') {
    refuseDelegation(`clone3(2), which starts a process in a group, fails: ${errnoName(-result)}`)
    return true
  }
  const [, flags] = step.args
  if (step.syscall !== 'seccomp' || flags !== SECCOMP_FILTER_FLAG_NEW_LISTENER) return false
  report = 'kill'
  return true
}
