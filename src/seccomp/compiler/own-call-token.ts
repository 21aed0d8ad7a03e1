import { randomBytes } from 'node:crypto'

const half = (): bigint => randomBytes(8).readBigUInt64LE() >> 1n

/**
 * A filter recognizes the launch program's own calls by this number in the sixth register. Those calls have no sixth
 * argument. The program cannot find the number in its memory.
 */
export const ownCallToken: bigint = half() << 1n

/** The filter reports a `sched_setaffinity` of the launch program with this number in the sixth register. */
export const countCallToken: bigint = ownCallToken + 1n
