/**
 * The numbers of the guard's calls in the tables of 32-bit programs: arch/x86/entry/syscalls/syscall_32.tbl and
 * arch/arm/tools/syscall.tbl. A policy without a filter lets 32-bit programs run.
 */
const common = {
  open: [5],
  creat: [8],
  mknod: [14],
  chmod: [15],
  sync: [36],
  // fcntl and fcntl64
  fcntl: [55, 221],
  umask: [60],
  fchmod: [94],
  setpriority: [97],
  fsync: [118],
  fdatasync: [148],
  sched_setparam: [154],
  sched_setscheduler: [156],
  prctl: [172],
  setxattr: [226],
  lsetxattr: [227],
  fsetxattr: [228],
  sched_setaffinity: [241],
  io_uring_setup: [425],
  io_uring_enter: [426],
  io_uring_register: [427],
  openat2: [437],
  process_madvise: [440],
  landlock_create_ruleset: [444],
  fchmodat2: [452],
  setxattrat: [463],
} as const

type Numbers = Readonly<Record<string, readonly number[]>>

const i386: Numbers = {
  ...common,
  madvise: [219],
  io_setup: [245],
  add_key: [286],
  request_key: [287],
  keyctl: [288],
  ioprio_set: [289],
  inotify_init: [291],
  openat: [295],
  mknodat: [297],
  fchmodat: [306],
  sync_file_range: [314],
  vmsplice: [316],
  inotify_init1: [332],
  fanotify_init: [338],
  prlimit64: [340],
  syncfs: [344],
  sched_setattr: [351],
  memfd_create: [356],
  socket: [359],
  setsockopt: [366],
}

const arm: Numbers = {
  ...common,
  madvise: [220],
  io_setup: [243],
  socket: [281],
  setsockopt: [294],
  add_key: [309],
  request_key: [310],
  keyctl: [311],
  ioprio_set: [314],
  inotify_init: [316],
  openat: [322],
  mknodat: [324],
  fchmodat: [333],
  // The table of arm names this call sync_file_range2.
  sync_file_range: [341],
  vmsplice: [343],
  inotify_init1: [360],
  fanotify_init: [367],
  prlimit64: [369],
  syncfs: [373],
  sched_setattr: [380],
  memfd_create: [385],
}

/** The older socket call of i386. Its arguments are in memory, where no filter can read them (socketcall(2)). */
export const SOCKETCALL = 102

/** Each machine's table of calls for 32-bit programs: AUDIT_ARCH_… of linux/audit.h, and the numbers of the calls. */
export const foreignTables = {
  x64: { audit: 0x4000_0003, numbers: i386, hasSocketcall: true },
  arm64: { audit: 0x4000_0028, numbers: arm, hasSocketcall: false },
} as const
