/** How many wait at most in one process, of all shapes together; each has up to eight descriptors of ours. */
export const MOST_WAITING = 32

/** Whether this is what the `warm` option takes. */
export const isWarm = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_WAITING
