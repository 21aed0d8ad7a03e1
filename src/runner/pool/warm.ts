/**
 * The largest number of waiting launch programs in one process, of all shapes together; each uses up to eight
 * descriptors.
 */
export const MOST_WAITING = 32
