import { type Problem, show } from '../errors/problem.ts'
import type { Mount } from '../launcher/sandbox-shape.ts'
import { startProblem } from '../seccomp/rules/rule-problems.ts'
import type { SeccompPolicy } from '../seccomp/seccomp-policy.ts'
import type { PolicyLayer } from './layer.ts'
import type { Policy } from './policy.ts'
import { isWithin } from './policy-mounts.ts'
import { asWritten } from './seccomp-layer.ts'

/** A problem of merged policies, and the index of the layer that contains the problem. */
export interface MergeProblem extends Problem {
  readonly layer: number
}

// Merges lists by target: an entry of a later list replaces earlier entries with the same target.
function byTarget<Entry extends { readonly target: string }>(lists: readonly (readonly Entry[])[]) {
  const merged = new Map<string, Entry[]>()
  for (const list of lists) {
    const own = new Set<string>()
    for (const entry of list) {
      const earlier = own.has(entry.target) ? (merged.get(entry.target) ?? []) : []
      merged.set(entry.target, [...earlier, entry])
      own.add(entry.target)
    }
  }
  return [...merged.values()].flat()
}

function mergeSeccomp(layers: readonly PolicyLayer[]): SeccompPolicy | undefined {
  return layers.reduce<SeccompPolicy | undefined>((base, { seccomp }) => {
    if (seccomp === undefined) return base
    const under = seccomp.isWhole ? undefined : base
    return {
      default: seccomp.default ?? under?.default ?? 'errno:ENOSYS',
      rules: [...seccomp.rules, ...(under?.rules ?? [])],
    }
  }, undefined)
}

function startProblems(layers: readonly PolicyLayer[], seccomp?: SeccompPolicy): MergeProblem[] {
  const problem = seccomp === undefined ? undefined : startProblem(seccomp)
  if (problem === undefined || seccomp === undefined) return []
  const { path, message } = problem
  const rule = seccomp.rules[Number(path[1])]
  const owner = layers.findLastIndex((layer) =>
    rule === undefined ? layer.seccomp !== undefined : layer.seccomp?.rules.includes(rule),
  )
  const own = layers[owner]?.seccomp
  if (own === undefined) return []
  const index = rule === undefined ? -1 : own.rules.indexOf(rule)
  const local = index < 0 ? path : ['rules', index, ...path.slice(2)]
  return [{ layer: owner, path: asWritten(local, own), message }]
}

// Finds targets at or below a symbolic link of the policy, because such a target would lead to the place at which the
// link points.
function linkProblems(
  layers: readonly PolicyLayer[],
  { mounts, workdirTarget }: Pick<Policy, 'mounts' | 'workdirTarget'>,
): MergeProblem[] {
  const links = mounts.filter(({ type }) => type === 'symlink')
  const throughLinks = layers.flatMap((layer, index) =>
    (['mounts', 'files'] as const).flatMap((key) =>
      layer[key].flatMap((entry, place): MergeProblem[] => {
        const link = links.find((each) => each !== entry && isWithin(entry.target, each.target))
        if (link === undefined || (key === 'mounts' && !mounts.includes(entry as Mount))) return []
        const message = `${show(entry.target)} is at or below the symbolic link ${show(link.target)}`
        return [{ layer: index, path: [key, place, 'target'], message }]
      }),
    ),
  )
  return [...throughLinks, ...workdirProblems(layers, links, workdirTarget)]
}

function workdirProblems(
  layers: readonly PolicyLayer[],
  links: readonly Mount[],
  workdirTarget: string,
): MergeProblem[] {
  const link = links.find(({ target }) => isWithin(workdirTarget, target))
  if (link === undefined) return []
  const owner = layers.findIndex(({ mounts }) => mounts.includes(link))
  const path = ['mounts', layers[owner]?.mounts.indexOf(link) ?? 0, 'target']
  const message = `the working directory, ${show(workdirTarget)}, cannot be at or below a link`
  return [{ layer: owner, path, message }]
}

/**
 * Merges policies that extend one another, and fills in the defaults. The last policy decides single values and the
 * entries of `env` and `limits`. Mounts and files merge by target. The last policy's seccomp rules come first, and a
 * default of the last policy replaces earlier defaults.
 *
 * @param layers the extended policy first, the policy that extends it last
 */
export function mergeLayers(
  layers: readonly PolicyLayer[],
  name: string,
): { readonly policy: Policy; readonly problems: readonly MergeProblem[] } {
  const top: Partial<PolicyLayer> = Object.assign({}, ...layers)
  const mounts = byTarget(layers.map((layer) => layer.mounts))
  const seccomp = mergeSeccomp(layers)
  const require = [...new Set(layers.flatMap((layer) => layer.require))]
  const shareEnv = [...new Set(layers.flatMap((layer) => layer.shareEnv))]
  const policy: Policy = {
    name,
    description: top.description ?? '',
    hostname: top.hostname ?? 'gradebox',
    uid: top.uid ?? 1000,
    gid: top.gid ?? 1000,
    network: top.network ?? 'loopback',
    shareUts: top.shareUts ?? false,
    proc: top.proc ?? 'full',
    ...(top.terminal === true ? { terminal: true } : {}),
    mounts,
    files: byTarget(layers.map((layer) => layer.files)),
    env: Object.assign({}, ...layers.map((layer) => layer.env)),
    ...(shareEnv.length === 0 ? {} : { shareEnv }),
    ...(top.workdirMode === undefined ? {} : { workdirMode: top.workdirMode }),
    workdirTarget: top.workdirTarget ?? '/work',
    limits: Object.assign({}, ...layers.map((layer) => layer.limits)),
    ...(require.length === 0 ? {} : { require }),
    ...(seccomp === undefined ? {} : { seccomp }),
  }
  return { policy, problems: [...startProblems(layers, seccomp), ...linkProblems(layers, policy)] }
}
