import { SandboxError } from '../errors/sandbox-error.ts'
import { closeDescriptor, openTaskClock } from '../ffi/libc.ts'
import type { Limits } from '../policy/policy.ts'
import type { Enforcement, EnforcementByLimit } from '../runner/result.ts'
import { type Delegation, findDelegation } from './cgroup/delegation.ts'

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
  controllers.size === 0
    ? `${path} has no controllers`
    : `${path} has no other controllers than ${[...controllers].join(' and ')}`

let countable: boolean | undefined

// The kernel refuses it to all runs or to none: it asks for the user, a setting and the container's filter.
function canCount(): boolean {
  if (countable !== undefined) return countable
  const counter = openTaskClock(process.pid)
  if (counter !== undefined) closeDescriptor(counter)
  countable = counter !== undefined
  return countable
}

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
  const held: Partial<Record<keyof EnforcementByLimit, Enforcement>> = {}
  const hold = (name: keyof EnforcementByLimit, limit: number | undefined, how: Enforcement) => {
    if (limit !== undefined) held[name] = how
  }
  hold('walltime', limits.wallTimeMs, 'watch')
  hold('cpu', limits.cpuTimeMs, delegation !== undefined ? 'cgroup' : canCount() ? 'perf' : 'watch')
  hold('memory', limits.memoryBytes, has('memory') ? 'cgroup' : 'watch')
  hold('output', limits.outputBytes, 'watch')
  hold('fileSize', limits.fileSizeBytes, 'rlimit')
  // The size of the sandbox's tmpfs, which the kernel holds as firmly as a resource limit.
  hold('disk', limits.diskBytes, 'rlimit')
  hold('stack', limits.stackBytes, 'rlimit')
  hold('addressSpace', limits.addressSpaceBytes, 'rlimit')
  hold('processes', limits.processes, has('pids') ? 'cgroup' : 'rlimit')
  hold('openFiles', limits.openFiles, 'rlimit')
  hold('core', limits.coreBytes, 'rlimit')
  return held
}
