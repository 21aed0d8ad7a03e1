import { randomBytes } from 'node:crypto'

/**
 * A filter knows the launch program's own calls by this number, in a register that the call does not have:
 * `execve` where the policy logs it, and `sched_setaffinity`. No memory of the program has the number.
 */
export const ownCallToken: bigint = randomBytes(8).readBigUInt64LE()
