import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_STACK,
} from '../../linux/constants.ts'
import type { Limits } from '../../policy/policy.ts'
import type { EnforcementByLimit } from '../../runner/result.ts'

/** A limit as setrlimit(2) has it. */
export interface ResourceLimit {
  readonly resource: number
  /** The option that asks for it. */
  readonly option: string
  readonly soft: number
  readonly hard: number
}

/** The init is in the same user namespace and counts too (RLIMIT_NPROC, setrlimit(2)). */
const INIT_PROCESSES = 1

/**
 * The resource limits that hold a run's limits, but for those that its control group holds.
 */
export function resourceLimits(limits: Limits, enforcement: EnforcementByLimit): ResourceLimit[] {
  const list: ResourceLimit[] = []
  const add = (resource: number, option: string, soft: number | undefined, hard = soft): void => {
    if (soft !== undefined && hard !== undefined) list.push({ resource, option, soft, hard })
  }
  // RLIMIT_CPU counts whole seconds in ticks and can fire early, so it is set one second above the limit: a
  // backstop for when the watch gets no processor. SIGXCPU at the soft limit, SIGKILL a second later.
  const cpu = limits.cpuTimeMs === undefined ? undefined : Math.ceil(limits.cpuTimeMs / 1000) + 1
  add(RLIMIT_CPU, 'cpu', cpu, cpu === undefined ? undefined : cpu + 1)
  add(RLIMIT_FSIZE, 'fileSize', limits.fileSizeBytes)
  add(RLIMIT_STACK, 'stack', limits.stackBytes)
  add(RLIMIT_AS, 'addressSpace', limits.addressSpaceBytes)
  // Of a core that a handler of the host gets (core(5), "Piping core dumps"), only a limit of 1 is kept.
  add(RLIMIT_CORE, 'core', limits.coreBytes === 0 ? 1 : limits.coreBytes)
  add(RLIMIT_NOFILE, 'openFiles', limits.openFiles)
  const { processes } = limits
  if (processes !== undefined && enforcement.processes === 'rlimit') {
    add(RLIMIT_NPROC, 'processes', processes + INIT_PROCESSES)
  }
  return list
}
