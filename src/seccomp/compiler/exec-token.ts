import { randomBytes } from 'node:crypto'

/**
 * By this, in a register that execve(2) does not have, a filter that logs execve knows ours. It is in
 * no memory of the program.
 */
export const execToken: bigint = randomBytes(8).readBigUInt64LE()
