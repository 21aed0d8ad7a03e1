import { randomBytes } from 'node:crypto'

const half = (): bigint => randomBytes(8).readBigUInt64LE() >> 1n

/**
 * A filter recognizes the launch program's own calls by this number in the sixth register, which those calls do not
 * use. No memory of the program contains the number.
 */
export const ownCallToken: bigint = half() << 1n

/** With this number instead, a `sched_setaffinity` of the launch program is one that the filter reports. */
export const countCallToken: bigint = ownCallToken + 1n
