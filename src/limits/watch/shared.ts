/**
 * The layout of the memory that one watched run shares with the watch's thread: words, figures and the request. The
 * thread receives this table when the thread starts. The thread's code is plain JavaScript, because Node runs
 * JavaScript without a build.
 */
export const layout = {
  /** Words: the state, the init's process id, the limit that the run exceeded. */
  state: 0,
  init: 1,
  exceeded: 2,
  /**
   * States. A run starts as `waiting`. The thread makes the run `open` at the first look. A run that ends before that
   * look becomes `free` again, and the next run takes the memory. Only `busy` lets the thread use a descriptor of the
   * run, and only `ended` lets the main thread close the run's descriptors.
   */
  free: 0,
  waiting: 1,
  open: 2,
  busy: 3,
  ended: 4,
  /** The word `exceeded` is an index in this list, from 1. */
  limits: ['cpu', 'memory'],
  /** The number `cpuSource` is an index in this list. */
  cpuSources: ['cgroup', 'counter', 'watch'],
  /** The offset of the numbers, in bytes. */
  numbersAt: 16,
  /** Indices of the figures. */
  cpuTimeMs: 0,
  peakMemoryBytes: 1,
  peakProcesses: 2,
  waitAndRunMs: 3,
  forgetsChildren: 4,
  peakFileBytes: 5,
  leavesCounter: 6,
  lowersPriority: 7,
  peakSpaceBytes: 8,
  figures: 9,
  /** Indices of the request. A lifted limit is Infinity. */
  startedMs: 9,
  control: 10,
  cpuLimitMs: 11,
  cpuSource: 12,
  memoryLimitBytes: 13,
  suppliedBytes: 14,
  wallLimitMs: 15,
  processors: 16,
  cpuFileLength: 17,
  /** The program's user where there are no namespaces, and 0 elsewhere. */
  programUid: 18,
  /** The number of figures and request fields together. */
  numbers: 19,
  /** The offset of the bytes of cpuFile. CGROUP_PATH bounds the length of a control group's path. */
  cpuFileAt: 16 + 19 * 8,
  size: 16 + 19 * 8 + 1200,
  /**
   * Words by which other threads wake the watch's thread: whether the thread sleeps, whether another thread woke it,
   * and the thread's id. The id is 0 until the thread checks runs.
   */
  asleep: 0,
  woken: 1,
  thread: 2,
  wakeSize: 12,
} as const

export type SharedLayout = typeof layout
