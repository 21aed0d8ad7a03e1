import { totalmem } from 'node:os'

/** The share of the memory for a run without a memory limit, the same as for a tmpfs without a size (tmpfs(5)). */
const SHARE = 0.5

let bound: number | undefined

/**
 * The memory in bytes that a run without a memory limit may use: half of what the machine or this process's control
 * group has. With more, the kernel would kill this process too, because it frees a killed program's page tables last.
 */
export function memoryBound(): number {
  bound ??= SHARE * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return bound
}
