import type { SeccompAction, SeccompRule } from '../seccomp-policy.ts'

/** Each constant has one value on x86-64 and arm64, in 32-bit programs too. */
const constants = {
  // sys/stat.h
  S_ISUID: 0o4000,
  S_ISGID: 0o2000,
  S_IRUSR: 0o400,
  S_IXUSR: 0o100,
  // asm-generic/fcntl.h. __O_TMPFILE is O_TMPFILE without O_DIRECTORY, because O_DIRECTORY differs between machines.
  O_CREAT: 0o100,
  __O_TMPFILE: 0o20000000,
  F_SETPIPE_SZ: 1031,
  F_SETLEASE: 1024,
  F_NOTIFY: 1026,
  // asm-generic/socket.h
  SOL_SOCKET: 1,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  AF_VSOCK: 40,
  // asm-generic/mman-common.h
  MADV_MERGEABLE: 12,
  MADV_PAGEOUT: 21,
  // linux/prctl.h
  PR_SET_SECCOMP: 22,
  PR_SET_MEMORY_MERGE: 67,
  // linux/memfd.h
  MFD_HUGETLB: 4,
} as const

/** The sandbox's init. */
const INIT = 1
const ALL_BITS = 0xffff_ffff

/** The argument must equal `value` in the bits of `mask`. */
const is = (arg: number, value: number, mask = ALL_BITS) =>
  ({ arg, op: 'masked_eq', mask, value }) as const

/** The argument must have this bit. */
const has = (arg: number, bit: number) => is(arg, bit, bit)

type Conditions = NonNullable<SeccompRule['conditions']>

const rule = (action: SeccompAction, call: string, ...conditions: Conditions): SeccompRule =>
  conditions.length === 0 ? { action, syscalls: [call] } : { action, syscalls: [call], conditions }

/**
 * The init is the same user as the program, and these calls compare only users (prlimit(2), sched(7),
 * setpriority(2), ioprio_set(2)). A program could take the init's limits or processor time, and the run would
 * then end as if the machine had failed.
 */
const initRules: readonly SeccompRule[] = [
  ...['prlimit64', 'sched_setattr', 'sched_setparam', 'sched_setscheduler'].map((call) =>
    rule('errno:EPERM', call, is(0, INIT)),
  ),
  // Process, group, user: PRIO_PROCESS is 0, and IOPRIO_WHO_PROCESS is 1.
  ...Object.entries({ setpriority: 0, ioprio_set: 1 }).flatMap(([call, first]) => [
    rule('errno:EPERM', call, is(0, first), is(1, INIT)),
    rule('errno:EPERM', call, is(0, first + 1), is(1, INIT)),
    rule('errno:EPERM', call, is(0, first + 2)),
  ]),
]

/**
 * The program may use only the processors of its turn, but the init may use all processors. In the program, this call
 * does nothing and returns 0, because many programs end when the call fails. The launch program's own call has a token,
 * and works.
 */
const affinityRules = [rule('errno:0', 'sched_setaffinity')]

/**
 * No filter sees the operations of io_uring: IORING_OP_SOCKET makes a socket that the rules for `socket`
 * forbid.
 */
const ioUringRules = ['io_uring_setup', 'io_uring_enter', 'io_uring_register'].map((call) =>
  rule('errno:ENOSYS', call),
)

/**
 * Calls that use memory that no limit of a process counts. Each call fails as on a kernel without the feature, and
 * programs can run without the feature. For the kernel, the size of a socket's buffer is only a hint (socket(7)), so
 * the call that sets this size returns 0.
 */
const memoryRules: readonly SeccompRule[] = [
  // MADV_PAGEOUT moves memory to the machine's swap.
  rule('errno:EINVAL', 'madvise', is(2, constants.MADV_PAGEOUT)),
  rule('errno:ENOSYS', 'process_madvise'),
  // Merging costs processor time in ksmd, and its timing reveals the contents of other programs' memory.
  rule('errno:EINVAL', 'madvise', is(2, constants.MADV_MERGEABLE)),
  rule('errno:EINVAL', 'prctl', is(0, constants.PR_SET_MEMORY_MERGE)),
  // One byte of a huge page in a pipe keeps all 2 MiB of the page.
  rule('errno:ENOSYS', 'vmsplice'),
  rule('errno:EPERM', 'fcntl', is(1, constants.F_SETPIPE_SZ)),
  ...[constants.SO_SNDBUF, constants.SO_RCVBUF].map((option) =>
    rule('errno:0', 'setsockopt', is(1, constants.SOL_SOCKET), is(2, option)),
  ),
  ...[constants.SO_SNDBUFFORCE, constants.SO_RCVBUFFORCE].map((option) =>
    rule('errno:EPERM', 'setsockopt', is(1, constants.SOL_SOCKET), is(2, option)),
  ),
  // No limit counts the rules of a ruleset, and a program can add one for each directory that it makes.
  rule('errno:ENOSYS', 'landlock_create_ruleset'),
  // The pages come from the machine's small pool of huge pages.
  rule('errno:EINVAL', 'memfd_create', has(1, constants.MFD_HUGETLB)),
]

/** Rules that refuse a mode, for each call that can give a mode to a file. */
const modeRules = (refused: (argument: number) => Conditions[number]): SeccompRule[] => [
  ...Object.entries({ chmod: 1, fchmod: 1, fchmodat: 2, fchmodat2: 2 }).map(([call, mode]) =>
    rule('errno:EPERM', call, refused(mode)),
  ),
  ...Object.entries({ creat: 1, mknod: 1, mknodat: 2 }).map(([call, mode]) =>
    rule('errno:EPERM', call, refused(mode)),
  ),
  // The kernel reads the mode only if the call makes a file. Otherwise the register may contain any value.
  ...[constants.O_CREAT, constants.__O_TMPFILE].flatMap((flag) => [
    rule('errno:EPERM', 'open', has(1, flag), refused(2)),
    rule('errno:EPERM', 'openat', has(2, flag), refused(3)),
  ]),
]

/**
 * A set-user-ID file in a writable directory of the host would run there as the user who runs the tests.
 * mkdir(2) and mkdirat(2) ignore both bits of the mode.
 */
const setIdRules: readonly SeccompRule[] = [constants.S_ISUID, constants.S_ISGID].flatMap((bit) =>
  modeRules((mode) => has(mode, bit)),
)

/**
 * The kernel ends the counter of CPU time of a process that executes a file it may not read (perf_event_open(2)), and
 * hides the process's memory. No program needs such a file. The rules therefore refuse to make one by a mode or by the
 * mask of modes. They also refuse access control lists, which are extended attributes (acl(5)).
 */
const unreadableRules: readonly SeccompRule[] = [
  ...modeRules((mode) => is(mode, constants.S_IXUSR, constants.S_IXUSR | constants.S_IRUSR)),
  rule('errno:EPERM', 'umask', is(0, constants.S_IRUSR, constants.S_IXUSR | constants.S_IRUSR)),
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'].map((call) =>
    rule('errno:EOPNOTSUPP', call),
  ),
]

/** The mode of openat2 is in memory, where no filter can read it. C libraries and Go work without this call. */
const openat2Rule = rule('errno:ENOSYS', 'openat2')

/**
 * The machine has one limit of requests for all programs (fs.aio-max-nr). A program could reach this limit with one
 * call.
 */
const aioRules = [rule('errno:ENOSYS', 'io_setup')]

/**
 * A lease on a file of the host delays every writer of the file. A notification (F_NOTIFY) reports what other programs
 * do in a directory of the host (fcntl(2)). Few file systems support leases.
 */
const leaseRules = [constants.F_SETLEASE, constants.F_NOTIFY].map((command) =>
  rule('errno:EINVAL', 'fcntl', is(1, command)),
)

/**
 * The files of a sandbox are in memory, or a copy on the disk that ends with the run. Without these rules a program
 * could flush the host's disk hundreds of times a second through a file of /usr. The kernel still writes a read-write
 * working directory to the disk, at times that the kernel chooses.
 */
const flushRules = ['fsync', 'fdatasync', 'sync_file_range', 'sync', 'syncfs'].map((call) =>
  rule('errno:0', call),
)

/** The calls that no policy allows. */
export const alwaysRules: readonly SeccompRule[] = [
  ...initRules,
  ...affinityRules,
  ...ioUringRules,
  ...memoryRules,
  ...setIdRules,
  ...unreadableRules,
  openat2Rule,
  ...leaseRules,
  ...flushRules,
  ...aioRules,
]

/** vsock(7) sockets reach the virtual machine's host, whatever the network namespace. */
export const vsockRules: readonly SeccompRule[] = [
  rule('errno:EAFNOSUPPORT', 'socket', is(0, constants.AF_VSOCK)),
]

/**
 * If a filter of the program's own returns an error, the error takes precedence over a notification (seccomp(2)). In
 * this way, the program could hide the calls for which the policy kills.
 */
export const ownFilterRules: readonly SeccompRule[] = [
  rule('errno:EINVAL', 'prctl', is(0, constants.PR_SET_SECCOMP)),
  rule('errno:ENOSYS', 'seccomp'),
]

/**
 * Objects that programs of different sandboxes share. Kernel keyrings belong to users: the runs of a user share a quota
 * and the names of keys. Watches (inotify(7), fanotify(7)) belong to inodes: on a file of the host they report what
 * other programs do.
 */
export const sharedObjectRules: readonly SeccompRule[] = [
  ...['add_key', 'request_key', 'keyctl'],
  ...['inotify_init', 'inotify_init1', 'fanotify_init'],
].map((call) => rule('errno:ENOSYS', call))
