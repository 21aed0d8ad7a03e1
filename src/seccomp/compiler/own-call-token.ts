import { randomBytes } from 'node:crypto'

/**
 * A filter recognizes the launch program's own calls by this number. It is in a register that the call does
 * not use: of `execve` where the policy logs it, and of `sched_setaffinity`. No memory of the program
 * contains the number.
 */
export const ownCallToken: bigint = randomBytes(8).readBigUInt64LE()
