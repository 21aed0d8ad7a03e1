import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_DATA,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_STACK,
} from '../../../ffi/constants.ts'
import type { Limits } from '../../../policy/policy.ts'

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

/** The resource limits that hold a run's limits. */
export function resourceLimits(limits: Limits): ResourceLimit[] {
  const list: ResourceLimit[] = []
  const add = (resource: number, option: string, soft: number | undefined, hard = soft): void => {
    if (soft !== undefined && hard !== undefined) list.push({ resource, option, soft, hard })
  }
  // Whole seconds; SIGXCPU at the soft limit, SIGKILL a second later for who ignores it.
  const cpu = limits.cpuMs === undefined ? undefined : Math.max(1, Math.ceil(limits.cpuMs / 1000))
  add(RLIMIT_CPU, 'cpu', cpu, cpu === undefined ? undefined : cpu + 1)
  add(RLIMIT_DATA, 'memory', limits.memoryBytes)
  add(RLIMIT_FSIZE, 'fileSize', limits.fileSizeBytes)
  add(RLIMIT_STACK, 'stack', limits.stackBytes)
  add(RLIMIT_AS, 'addressSpace', limits.addressSpaceBytes)
  add(RLIMIT_CORE, 'core', limits.coreBytes)
  add(RLIMIT_NOFILE, 'openFiles', limits.openFiles)
  const processes = limits.processes === undefined ? undefined : limits.processes + INIT_PROCESSES
  add(RLIMIT_NPROC, 'processes', processes)
  return list
}
