import { SandboxError } from '../../errors/sandbox-error.ts'
import type { Limits } from '../../policy/policy.ts'
import { type Delegation, findDelegation } from '../cgroup/delegation.ts'
import type { EnforcementByLimit } from '../result.ts'

/** How a run's limits will be held. */
export interface EnforcementPlan {
  readonly enforcement: EnforcementByLimit
  /** Where the run gets a control group of its own, if it does. */
  readonly delegation: Delegation | undefined
}

/**
 * Decides how each limit is held: by a control group wherever one is delegated to us.
 *
 * @param require what the policy insists on, such as `memory:cgroup`
 * @throws {SandboxError} LIMIT_UNAVAILABLE when a required way cannot be had
 */
export function planEnforcement(limits: Limits, require: readonly string[] = []): EnforcementPlan {
  const found = findDelegation()
  const delegation = 'path' in found ? found : undefined
  const enforcement = enforcementOf(limits, delegation)
  for (const wish of require) {
    const [limit = '', how] = wish.split(':')
    const held = enforcement[limit as keyof EnforcementByLimit]
    if (held === undefined || held === how) continue
    throw requireError(wish, held, 'reason' in found ? found.reason : controllersOf(found))
  }
  return { enforcement, delegation }
}

const controllersOf = ({ path, controllers }: Delegation): string =>
  `${path} has no other controllers than ${[...controllers].join(' and ')}`

const requireError = (wish: string, held: string, reason: string): SandboxError =>
  new SandboxError(
    `The policy requires ${JSON.stringify(wish)}, but here that limit is held by ${held}: ${reason}`,
    {
      code: 'LIMIT_UNAVAILABLE',
      hint: 'Start the tests where a cgroup v2 subtree is delegated to them (systemd-run --scope -p Delegate=yes …), or take the entry out of the policy’s `require`.',
    },
  )

function enforcementOf(limits: Limits, delegation: Delegation | undefined): EnforcementByLimit {
  const has = (name: 'memory' | 'pids') => delegation?.controllers.has(name) === true
  const held: [keyof EnforcementByLimit, number | undefined, 'cgroup' | 'rlimit' | 'watch'][] = [
    ['walltime', limits.walltimeMs, 'watch'],
    ['cpu', limits.cpuMs, delegation === undefined ? 'watch' : 'cgroup'],
    ['memory', limits.memoryBytes, has('memory') ? 'cgroup' : 'rlimit'],
    ['output', limits.outputBytes, 'watch'],
    ['fileSize', limits.fileSizeBytes, 'rlimit'],
    // The size of the sandbox's tmpfs, which the kernel holds as firmly as a resource limit.
    ['disk', limits.diskBytes, 'rlimit'],
    ['stack', limits.stackBytes, 'rlimit'],
    ['addressSpace', limits.addressSpaceBytes, 'rlimit'],
    ['processes', limits.processes, has('pids') ? 'cgroup' : 'rlimit'],
    ['openFiles', limits.openFiles, 'rlimit'],
    ['core', limits.coreBytes, 'rlimit'],
  ]
  return Object.fromEntries(
    held.flatMap(([name, limit, how]) => (limit === undefined ? [] : [[name, how]])),
  )
}
