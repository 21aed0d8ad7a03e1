import { checkLimits, type LimitUnits } from './limits.ts'
import { normalizeMount, repeatedTargets } from './mounts.ts'
import type { Mount, Policy } from './policy.ts'
import type { Problem } from './problem.ts'
import type { RawPolicy } from './schema.ts'
import { normalizeSeccomp } from './seccomp/normalize.ts'

/** A policy, and what is wrong with it: usable only when nothing is. */
export interface CheckedPolicy {
  readonly policy: Policy
  readonly problems: readonly Problem[]
}

function network({ network, share_net }: RawPolicy, problems: Problem[]): Policy['network'] {
  if (network !== undefined && share_net !== undefined && (network === 'host') !== share_net) {
    problems.push({ path: ['share_net'], message: `contradicts network = "${network}"` })
  }
  return network ?? (share_net === true ? 'host' : 'loopback')
}

function mounts({ mounts = [] }: RawPolicy, problems: Problem[]): Mount[] {
  problems.push(...repeatedTargets('mounts', mounts))
  return mounts.flatMap((raw, index) => {
    const checked = normalizeMount(raw)
    if ('mount' in checked) return [checked.mount]
    const { path, message } = checked.problem
    problems.push({ path: ['mounts', index, ...path], message })
    return []
  })
}

function limits({ limits = {} }: RawPolicy, units: LimitUnits, problems: Problem[]) {
  const checked = checkLimits(limits, units)
  for (const { path, message } of checked.problems) {
    problems.push({ path: ['limits', ...path], message })
  }
  return checked.limits
}

function seccomp(raw: RawPolicy, problems: Problem[]): Pick<Policy, 'seccomp'> {
  if (raw.seccomp === undefined) return {}
  const checked = normalizeSeccomp(raw.seccomp)
  problems.push(...checked.problems)
  return { seccomp: checked.seccomp }
}

/**
 * Fills in a policy's defaults and checks what its schema cannot: keys that contradict each other,
 * units, names in seccomp rules.
 */
export function normalizePolicy(raw: RawPolicy, name: string, units: LimitUnits): CheckedPolicy {
  const problems: Problem[] = []
  const files = raw.files ?? []
  problems.push(...repeatedTargets('files', files))
  const policy: Policy = {
    name,
    description: raw.description ?? '',
    hostname: raw.hostname ?? 'gradebox',
    uid: raw.uid ?? 1000,
    gid: raw.gid ?? 1000,
    network: network(raw, problems),
    shareUts: raw.share_uts ?? false,
    proc: raw.proc ?? 'full',
    mounts: mounts(raw, problems),
    files,
    env: { ...raw.env },
    limits: limits(raw, units, problems),
    ...seccomp(raw, problems),
  }
  return { policy, problems }
}
