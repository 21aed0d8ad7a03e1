import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
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
 * How much more than its memory limit a process may have written to: a program that goes over its limit
 * shall be seen to, rather than be refused memory just below it and fail in a way of its own.
 */
const memoryHeadroom = (bytes: number): number => Math.max(bytes / 8, 16 * 1024 * 1024)

/**
 * The resource limits that hold a run's limits, but for those that its control group holds.
 */
export function resourceLimits(limits: Limits, enforcement: EnforcementByLimit): ResourceLimit[] {
  const list: ResourceLimit[] = []
  const add = (resource: number, option: string, soft: number | undefined, hard = soft): void => {
    if (soft !== undefined && hard !== undefined) list.push({ resource, option, soft, hard })
  }
  // Whole seconds, counted by ticks that may run ahead: a second more than the limit, for who is not looked
  // at in time. SIGXCPU at the soft limit, SIGKILL a second later for who ignores it.
  const cpu = limits.cpuTimeMs === undefined ? undefined : Math.ceil(limits.cpuTimeMs / 1000) + 1
  add(RLIMIT_CPU, 'cpu', cpu, cpu === undefined ? undefined : cpu + 1)
  const { memoryBytes } = limits
  if (memoryBytes !== undefined && enforcement.memory === 'rlimit') {
    add(RLIMIT_DATA, 'memory', memoryBytes + Math.ceil(memoryHeadroom(memoryBytes)))
  }
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
