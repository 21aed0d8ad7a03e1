/** How many wait at most in one process, of all shapes together; each has up to eight descriptors of ours. */
export const MOST_WAITING = 32
