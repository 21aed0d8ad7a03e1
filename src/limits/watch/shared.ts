/**
 * Where a watched run's words and figures are in the memory that the watch's thread shares with us. The thread is
 * plain JavaScript, which Node runs without a build, and gets this table when it starts.
 */
export const layout = {
  /** Words: whether the run's descriptors are open, its init's process id, the limit that it exceeded. */
  state: 0,
  init: 1,
  exceeded: 2,
  /** States. Who changes `open` to `busy` uses a descriptor; who changes it to `ended` may close them. */
  open: 0,
  busy: 1,
  ended: 2,
  /** The word `exceeded` is an index in here, from 1. */
  limits: ['cpu', 'memory'],
  /** Where the figures start, in bytes; then their indices. */
  figuresAt: 16,
  cpuTimeMs: 0,
  peakMemoryBytes: 1,
  peakProcesses: 2,
  waitTimeMs: 3,
  isLowerBound: 4,
  peakFileBytes: 5,
  size: 16 + 6 * 8,
  /** Words of the bell: whether the thread sleeps until it is rung. */
  asleep: 0,
  rung: 1,
} as const

export type SharedLayout = typeof layout
