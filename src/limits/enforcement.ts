import { SandboxError } from '../errors/sandbox-error.ts'
import { type Delegation, findDelegation, type NoDelegation } from './cgroup/delegation.ts'
import { findV1Delegation } from './cgroup/v1.ts'
import { isCounterLikely } from './cpu-counter.ts'
import {
  type Enforcement,
  type EnforcementByLimit,
  type LimitRow,
  type Limits,
  limitRows,
} from './table.ts'

/** How Gradebox enforces the limits of a run. */
export interface EnforcementPlan {
  readonly enforcement: EnforcementByLimit
  /** The delegation for the run's control group, if it gets one. */
  readonly delegation: Delegation | undefined
}

/**
 * Decides how to enforce each limit. If the tests have a delegation, a control group enforces every limit that the
 * delegation's groups can enforce.
 *
 * @param require the requirements of the policy, such as `memory:cgroup`
 * @param isConfined whether the run has no namespaces. Such a run has no control group, and its files are in no tmpfs
 * @throws {SandboxError} LIMIT_UNAVAILABLE when this machine does not have a required enforcement
 */
export function planEnforcement(
  limits: Limits,
  require: readonly string[] = [],
  isConfined = false,
): EnforcementPlan {
  const found = isConfined ? NO_GROUPS : chooseDelegation(limits, require)
  const delegation = 'path' in found ? found : undefined
  const held = enforcementOf(limits, delegation)
  const enforcement: EnforcementByLimit =
    isConfined && limits.diskBytes !== undefined ? { ...held, disk: 'watch' } : held
  const missing = unmetRequirement(enforcement, require)
  if (missing === undefined) return { enforcement, delegation }
  const v2 = isConfined ? NO_GROUPS : findDelegation()
  throw requireError(...missing, 'reason' in v2 ? v2.reason : controllersOf(v2))
}

/** The first requirement of a policy that the enforcement does not meet, and the actual enforcement of that limit. */
function unmetRequirement(
  enforcement: EnforcementByLimit,
  require: readonly string[],
): [requirement: string, by: Enforcement] | undefined {
  for (const requirement of require) {
    const [limit = '', how] = requirement.split(':')
    const by = enforcement[limit as keyof EnforcementByLimit]
    if (by !== undefined && by !== how) return [requirement, by]
  }
  return undefined
}

/**
 * The delegation for a run's group. A group without controllers makes a run about 10 % slower, and a group of cgroup v1
 * makes a run up to 30 % slower. A run has such a slow group only if the policy requires a group, or if no other
 * counter of the kernel measures the run's CPU time.
 */
function chooseDelegation(limits: Limits, require: readonly string[]): Delegation | NoDelegation {
  const v2 = findDelegation()
  if ('path' in v2 && v2.controllers.size > 0) return v2
  const requirements = require.filter((requirement) => requirement.endsWith(':cgroup'))
  if (requirements.length === 0 && isCounterLikely()) return { reason: 'nothing needs a group' }
  const found = [v2, findV1Delegation()].filter((each) => 'path' in each)
  return (
    found.find(
      (each) => unmetRequirement(enforcementOf(limits, each), requirements) === undefined,
    ) ??
    found[0] ??
    v2
  )
}

const NO_GROUPS = { reason: 'isolation: "confined" makes no control groups' }

const controllersOf = ({ path, controllers }: Delegation): string =>
  controllers.size === 0
    ? `${path} has no controllers`
    : `${path} has no other controllers than ${[...controllers].join(' and ')}`

const requireError = (requirement: string, held: string, reason: string): SandboxError =>
  new SandboxError(
    `The policy requires ${JSON.stringify(requirement)}, but here that limit is held by ${held}: ${reason}`,
    {
      code: 'LIMIT_UNAVAILABLE',
      hint: 'Start the tests where a cgroup v2 subtree is delegated to them (systemd-run --scope -p Delegate=yes …), or take the entry out of the policy’s `require`.',
    },
  )

/** The results so far, by delegation and set of limits. Most runs of a process have the same delegation and limits. */
const known = new Map<Delegation | undefined, Map<number, EnforcementByLimit>>()

function enforcementOf(limits: Limits, delegation: Delegation | undefined): EnforcementByLimit {
  const bits = limitRows.reduce(
    (set, [, { field }], index) => (limits[field] === undefined ? set : set | (1 << index)),
    0,
  )
  const ofDelegation = known.get(delegation) ?? new Map<number, EnforcementByLimit>()
  known.set(delegation, ofDelegation)
  const enforcement = ofDelegation.get(bits) ?? decideEnforcement(limits, delegation)
  ofDelegation.set(bits, enforcement)
  return enforcement
}

function decideEnforcement(limits: Limits, delegation: Delegation | undefined): EnforcementByLimit {
  const how = (row: LimitRow): Enforcement => {
    const { controller, held } = row
    const byGroup = controller === 'any' || (controller && delegation?.controllers.has(controller))
    return delegation !== undefined && byGroup ? 'cgroup' : held
  }
  const limited = limitRows.filter(([, { field }]) => limits[field] !== undefined)
  return Object.freeze(Object.fromEntries(limited.map(([option, row]) => [option, how(row)])))
}
