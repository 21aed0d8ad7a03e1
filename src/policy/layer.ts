import type { Problem } from '../errors/problem.ts'
import type { Mount, SandboxFile } from '../launcher/sandbox-shape.ts'
import type { Limits } from '../limits/table.ts'
import type { Policy } from './policy.ts'
import { checkLimits, type LimitUnits } from './policy-limits.ts'
import { normalizeMount, repeatedTargets, tidy } from './policy-mounts.ts'
import type { RawPolicy } from './policy-schema.ts'
import { normalizeSeccomp, type SeccompLayer } from './seccomp-layer.ts'

/** The keys of one policy. The policy that it extends supplies the other keys. */
export interface PolicyLayer
  extends Partial<
    Pick<
      Policy,
      | 'description'
      | 'hostname'
      | 'uid'
      | 'gid'
      | 'network'
      | 'shareUts'
      | 'terminal'
      | 'proc'
      | 'workdirMode'
      | 'workdirTarget'
    >
  > {
  readonly mounts: readonly Mount[]
  readonly files: readonly SandboxFile[]
  readonly env: Readonly<Record<string, string>>
  readonly shareEnv: readonly string[]
  readonly limits: Limits
  readonly require: readonly string[]
  readonly seccomp?: SeccompLayer
}

/** A layer and the problems of its policy. The layer is usable only if there are no problems. */
export interface CheckedLayer {
  readonly layer: PolicyLayer
  readonly problems: readonly Problem[]
}

function network({ network, share_net }: RawPolicy, problems: Problem[]) {
  if (network !== undefined && share_net !== undefined && (network === 'host') !== share_net) {
    problems.push({ path: ['share_net'], message: `contradicts network = "${network}"` })
  }
  return network ?? (share_net === undefined ? undefined : share_net ? 'host' : 'loopback')
}

function mounts({ mounts = [] }: RawPolicy, problems: Problem[]): Mount[] {
  return mounts.flatMap((raw, index) => {
    const checked = normalizeMount(raw)
    if ('mount' in checked) return [checked.mount]
    for (const { path, message } of checked.problems) {
      problems.push({ path: ['mounts', index, ...path], message })
    }
    return []
  })
}

function limits({ limits = {} }: RawPolicy, units: LimitUnits, problems: Problem[]): Limits {
  const checked = checkLimits(limits, units)
  problems.push(
    ...checked.problems.map((problem) => ({ ...problem, path: ['limits', ...problem.path] })),
  )
  return checked.limits
}

function seccomp(raw: RawPolicy, problems: Problem[]): SeccompLayer | undefined {
  if (raw.seccomp === undefined) return undefined
  const checked = normalizeSeccomp(raw.seccomp)
  problems.push(...checked.problems)
  return checked.seccomp
}

// Under exactOptionalPropertyTypes, an optional key must not exist with the value undefined.
function withoutUndefined<Keys extends object>(
  keys: Keys,
): { [Key in keyof Keys]?: NonNullable<Keys[Key]> } {
  return Object.fromEntries(
    Object.entries(keys).filter(([, value]) => value !== undefined),
  ) as never
}

/**
 * Checks one policy for problems that the schema cannot express: keys that contradict each other, units, names in
 * seccomp rules.
 */
export function checkLayer(raw: RawPolicy, units: LimitUnits): CheckedLayer {
  const problems: Problem[] = []
  const files = raw.files ?? []
  problems.push(...repeatedTargets('files', files))
  const layer = {
    ...withoutUndefined({
      description: raw.description,
      hostname: raw.hostname,
      uid: raw.uid,
      gid: raw.gid,
      network: network(raw, problems),
      shareUts: raw.share_uts,
      proc: raw.proc,
      terminal: raw.terminal,
      workdirMode: raw.workdir?.mode,
      workdirTarget: raw.workdir?.target === undefined ? undefined : tidy(raw.workdir.target),
    }),
    mounts: mounts(raw, problems),
    files: files.map(({ target, contents }) => ({ target: tidy(target), contents })),
    env: { ...raw.env },
    shareEnv: raw.share_env ?? [],
    limits: limits(raw, units, problems),
    require: raw.require ?? [],
    ...withoutUndefined({ seccomp: seccomp(raw, problems) }),
  }
  return { layer, problems }
}
