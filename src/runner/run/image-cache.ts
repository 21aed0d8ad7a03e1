import type { Policy, SandboxFile } from '../../policy/policy.ts'
import type { Flow } from '../launcher/plan/flow.ts'
import { type HostPath, isInsideMount, resolveMounts } from '../launcher/plan/host.ts'
import { planImage } from '../launcher/plan/plan.ts'
import type { FilterUse } from '../launcher/plan/target.ts'
import { hostMachine } from '../machine/machine.ts'
import { compileSeccomp } from '../seccomp/compile.ts'
import { type Image, makeImage } from './launch.ts'

/** A policy's image, and what of the policy each run has to add to it. */
export interface PolicyImage {
  readonly image: Image
  readonly filter: FilterUse | undefined
  /** The policy's mounts and files inside the working directory or inside other mounts. */
  readonly late: { readonly mounts: readonly HostPath[]; readonly files: readonly SandboxFile[] }
}

const images = new WeakMap<Policy, Map<string, PolicyImage>>()

/**
 * The image of a policy, made once for each way it is used. It is made from the host as it is now: a
 * mount source that is replaced later is seen, one that appears later is not.
 *
 * @throws {SandboxError} MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function policyImage(
  policy: Policy,
  use: {
    flow: Flow
    diskBytes: number | undefined
    report: FilterUse['report']
    cgroup: boolean
  },
): PolicyImage {
  const key = `${use.flow.kind} ${use.diskBytes} ${use.report} ${use.cgroup}`
  const known = images.get(policy) ?? new Map<string, PolicyImage>()
  images.set(policy, known)
  const made = known.get(key) ?? makePolicyImage(policy, use)
  known.set(key, made)
  return made
}

function makePolicyImage(
  policy: Policy,
  { flow, diskBytes, report, cgroup }: Parameters<typeof policyImage>[1],
): PolicyImage {
  const { arch, remount, lastCapability } = hostMachine()
  const code =
    policy.seccomp === undefined
      ? undefined
      : compileSeccomp(policy.seccomp, { notify: report === 'listener', arch })
  const mounts = resolveMounts(policy.mounts, policy.name)
  const isLate = ({ target }: { readonly target: string }) => isInsideMount(target, mounts)
  // Over a mount, a file would be the host's own.
  const isLateFile = (file: SandboxFile) =>
    isLate(file) || mounts.some(({ target }) => target === file.target)
  const segment = planImage({
    policy,
    arch,
    flow,
    parentPid: process.pid,
    paths: mounts.filter((mount) => !isLate(mount)),
    remount,
    files: policy.files.filter((file) => !isLateFile(file)),
    diskBytes,
    filter: code,
    listener: code !== undefined && report === 'listener',
    lastCapability,
    cgroup,
  })
  // struct sock_filter is 8 bytes.
  const filter = code === undefined ? undefined : { instructions: code.length / 8, report }
  const late = { mounts: mounts.filter(isLate), files: policy.files.filter(isLateFile) }
  return { image: makeImage(segment, arch), filter, late }
}
