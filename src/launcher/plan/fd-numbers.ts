/**
 * Descriptor numbers inside the launch program. 0 to 2 are the program's own stdin, stdout and stderr. The
 * plan relies on the kernel to assign the lowest free number, and checks the number each time.
 */
export const FD = {
  /** Write end of the report pipe. */
  report: 3,
  /** Read end of the control pipe. A byte or the end of file in this pipe ends the run. */
  control: 4,
  /** The run's request, a memfd, until the program has started. */
  request: 5,
  /** The memfd for copies of collected files, the socket for their descriptors, or /dev/null. */
  collect: 6,
  /** The counter (eventfd(2)) that reports that the request is ready. */
  go: 7,
  /** The host's /proc until the program has started. */
  proc: 8,
  /** The new network namespace, until the init has joined it. */
  network: 30,
  /** The counter that reports that the network namespace is ready. */
  networkReady: 35,
  /** The run's cgroup, into which the init is cloned. */
  cgroup: 36,
  /** The user namespace whose map an idmapped mount uses, until the mount exists. */
  idmap: 31,
  /** The init's own /proc/self/oom_score_adj, until the program has started. */
  oomScore: 32,
  /** A memfd through which the init copies and clears memory while it logs calls. */
  scratch: 33,
  /** The master of the sandbox's pseudo-terminal, until the init passes the master to the caller. */
  terminal: 34,
  /** The list of the init's children, if the run has no process namespace. */
  children: 37,
  /** A memfd in which the init composes the number of a child. */
  childName: 38,
  /** The Landlock ruleset of a run without namespaces. */
  ruleset: 39,
  /** A collected file or directory, while the init passes its descriptor to the caller. */
  passed: 40,
  /** The kernel's counter of the program's CPU time (perf_event_open(2)); absent if the kernel refuses the counter. */
  cpuCounter: 41,
  /** The sandbox's list of processors, which the run's request writes. */
  processors: 42,
  /** The walltime's timerfd. */
  timer: 9,
  /** The init's signalfd. */
  signal: 10,
  /** The target's /proc/pid/schedstat. */
  schedstat: 11,
  /** seccomp's notification descriptor. */
  listener: 12,
} as const

/** The first number at which the caller passes no descriptor. */
export const FIRST_UNUSED_FD = 8
