import { totalmem } from 'node:os'

/** The share of the memory for a run without a memory limit. A tmpfs without a size has the same share (tmpfs(5)). */
const SHARE = 0.5

let bound: number | undefined

/**
 * The memory in bytes that a run without a memory limit may use: half of the memory of the machine or of this process's
 * control group. If a run used more, the kernel would kill this process too, because the kernel frees the page tables
 * of a killed program last.
 */
export function memoryBound(): number {
  bound ??= SHARE * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return bound
}
