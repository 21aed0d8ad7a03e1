import { SandboxError } from '../errors/sandbox-error.ts'
import { type Delegation, findDelegation } from './cgroup/delegation.ts'
import {
  type Enforcement,
  type EnforcementByLimit,
  type LimitRow,
  type Limits,
  limitRows,
} from './table.ts'

/** How a run's limits will be held. */
export interface EnforcementPlan {
  readonly enforcement: EnforcementByLimit
  /** The delegation for the run's control group, if it gets one. */
  readonly delegation: Delegation | undefined
}

/**
 * Decides how to hold each limit: by a control group wherever the tests have a delegation.
 *
 * @param require the requirements of the policy, such as `memory:cgroup`
 * @param isConfined whether there are no namespaces: the run then has no control group, and no tmpfs holds
 *   the files
 * @throws {SandboxError} LIMIT_UNAVAILABLE when a required way does not exist here
 */
export function planEnforcement(
  limits: Limits,
  require: readonly string[] = [],
  isConfined = false,
): EnforcementPlan {
  const found = isConfined ? NO_GROUPS : findDelegation()
  // A group that only counts CPU time makes every run a tenth slower, so a policy must ask for it.
  const isUseful = 'path' in found && (found.controllers.size > 0 || require.includes('cpu:cgroup'))
  const delegation = isUseful ? found : undefined
  const held = enforcementOf(limits, delegation)
  const enforcement: EnforcementByLimit =
    isConfined && limits.diskBytes !== undefined ? { ...held, disk: 'watch' } : held
  for (const wish of require) {
    const [limit = '', how] = wish.split(':')
    const by = enforcement[limit as keyof EnforcementByLimit]
    if (by === undefined || by === how) continue
    throw requireError(wish, by, 'reason' in found ? found.reason : controllersOf(found))
  }
  return { enforcement, delegation }
}

const NO_GROUPS = { reason: 'isolation: "confined" makes no control groups' }

const controllersOf = ({ path, controllers }: Delegation): string =>
  controllers.size === 0
    ? `${path} has no controllers`
    : `${path} has no other controllers than ${[...controllers].join(' and ')}`

const requireError = (wish: string, held: string, reason: string): SandboxError =>
  new SandboxError(
    `The policy requires ${JSON.stringify(wish)}, but here that limit is held by ${held}: ${reason}`,
    {
      code: 'LIMIT_UNAVAILABLE',
      hint: 'Start the tests where a cgroup v2 subtree is delegated to them (systemd-run --scope -p Delegate=yes …), or take the entry out of the policy’s `require`.',
    },
  )

function enforcementOf(limits: Limits, delegation: Delegation | undefined): EnforcementByLimit {
  const how = (row: LimitRow): Enforcement => {
    const { controller, held } = row
    const byGroup = controller === 'any' || (controller && delegation?.controllers.has(controller))
    return delegation !== undefined && byGroup ? 'cgroup' : held
  }
  const limited = limitRows.filter(([, { field }]) => limits[field] !== undefined)
  return Object.fromEntries(limited.map(([option, row]) => [option, how(row)]))
}
