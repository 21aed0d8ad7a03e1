import { totalmem } from 'node:os'

/** The part of the memory that a run without a memory limit may use, as a tmpfs without a size may (tmpfs(5)). */
const SHARE = 0.5

let bound: number | undefined

/**
 * The memory in bytes that a run without a memory limit may use: half of what the machine or this process's control
 * group has. With more, the kernel would kill this process too: it frees page tables last.
 */
export function memoryBound(): number {
  bound ??= SHARE * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return bound
}
