/**
 * Descriptor numbers inside the launch program. 0 to 2 are the program's own stdin, stdout and stderr.
 * The plan relies on the kernel giving out the lowest free number, and checks each time that it did.
 */
export const FD = {
  /** Write end of the report pipe. */
  report: 3,
  /** Read end of the control pipe: a byte says that the request is ready, its end of file ends the run. */
  control: 4,
  /** The run's request, a memfd; closed once it is mapped. */
  request: 5,
  /** The memfd that collected files are copied to, or /dev/null. */
  collect: 6,
  /** The host's /proc until the program has started. */
  proc: 7,
  /** The new network namespace, until the init has joined it. */
  network: 20,
  /** The counter that says that it is there. */
  networkReady: 25,
  /** The run's control group, into which the init is cloned. */
  cgroup: 26,
  /** The user namespace whose map an idmapped mount has, until that is made. */
  idmap: 21,
  /** The init's own /proc/self/oom_score_adj, until the program has started. */
  oomScore: 22,
  /** A memfd by which the init copies and clears memory while it logs calls. */
  scratch: 23,
  /** The master of the sandbox's pseudo-terminal, until it is passed to the caller. */
  terminal: 24,
  /** The walltime's timerfd, in the place of the request. */
  timer: 5,
  /** The init's signalfd. */
  signal: 8,
  /** The target's /proc/pid/schedstat. */
  schedstat: 9,
  /** seccomp's notification descriptor. */
  listener: 10,
} as const

/** The first number that the caller passes nothing at. */
export const FIRST_UNUSED_FD = 7
