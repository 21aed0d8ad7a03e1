import { signals } from './signals.ts'

// Constants of the kernel's interface, each group with its header. The constants are the same on x86-64 and arm64,
// unless a constant has one value for each or a comment says otherwise.

// asm-generic/fcntl.h, asm/fcntl.h (arm64 has its own O_DIRECTORY and O_NOFOLLOW)
export const AT_FDCWD = -100
export const AT_SYMLINK_NOFOLLOW = 0x100
export const AT_REMOVEDIR = 0x200
export const AT_EMPTY_PATH = 0x1000
export const AT_RECURSIVE = 0x8000
export const O_RDONLY = 0
export const O_WRONLY = 1
export const O_RDWR = 2
export const O_CREAT = 0o100
export const O_EXCL = 0o200
export const O_TRUNC = 0o1000
export const O_NOCTTY = 0o400
export const O_NONBLOCK = 0o4000
export const O_CLOEXEC = 0o2000000
export const O_PATH = 0o10000000
export const O_DIRECTORY = { x64: 0o200000, arm64: 0o40000 } as const
export const O_NOFOLLOW = { x64: 0o400000, arm64: 0o100000 } as const
export const O_DIRECT = { x64: 0o40000, arm64: 0o200000 } as const
export const O_LARGEFILE = { x64: 0o100000, arm64: 0o400000 } as const
// O_TMPFILE contains the bit of O_DIRECTORY.
export const O_TMPFILE = { x64: 0o20200000, arm64: 0o20040000 } as const
export const F_DUPFD_CLOEXEC = 1030
export const F_GETFD = 1
export const F_SETFD = 2
export const F_OFD_GETLK = 36
export const F_OFD_SETLK = 37
export const F_RDLCK = 0
export const F_WRLCK = 1
export const F_UNLCK = 2
export const F_SETFL = 4
export const F_SETPIPE_SZ = 1031
export const F_ADD_SEALS = 1033
export const FD_CLOEXEC = 1

// linux/fcntl.h, linux/memfd.h
export const F_SEAL_SEAL = 1
export const F_SEAL_SHRINK = 2
export const F_SEAL_GROW = 4
export const F_SEAL_WRITE = 8
export const MFD_CLOEXEC = 1
export const MFD_ALLOW_SEALING = 2
export const MFD_NOEXEC_SEAL = 8
export const MFD_EXEC = 0x10

// linux/stat.h
export const STATX_BASIC_STATS = 0x7ff
export const S_IFMT = 0o170000
export const S_IRUSR = 0o400
export const S_IXUSR = 0o100
export const S_IFREG = 0o100000
export const S_IFDIR = 0o040000
export const S_IFLNK = 0o120000
export const S_IFIFO = 0o010000
export const S_IFSOCK = 0o140000
export const S_IFCHR = 0o020000
export const S_IFBLK = 0o060000

// unistd.h, linux/fs.h
export const F_OK = 0
export const SEEK_SET = 0
export const SEEK_CUR = 1

// linux/mount.h
export const MS_RDONLY = 1
export const MS_NOSUID = 2
export const MS_NODEV = 4
export const MS_NOEXEC = 8
export const MS_REMOUNT = 32
export const MS_NOATIME = 1024
export const MS_NODIRATIME = 2048
export const MS_BIND = 4096
export const MS_REC = 16384
export const MS_PRIVATE = 1 << 18
export const MS_RELATIME = 1 << 21
export const MNT_DETACH = 2
export const MOUNT_ATTR_RDONLY = 1
export const MOUNT_ATTR_NOSUID = 2
export const MOUNT_ATTR_NODEV = 4
export const MOUNT_ATTR_NOEXEC = 8
export const MOUNT_ATTR_IDMAP = 0x100000
export const OPEN_TREE_CLONE = 1
export const OPEN_TREE_CLOEXEC = 0o2000000
export const MOVE_MOUNT_F_EMPTY_PATH = 4
export const MOVE_MOUNT_T_EMPTY_PATH = 0x40

// linux/openat2.h
export const RESOLVE_NO_XDEV = 1
export const RESOLVE_NO_MAGICLINKS = 2
export const RESOLVE_NO_SYMLINKS = 4
export const RESOLVE_BENEATH = 8
export const RESOLVE_IN_ROOT = 0x10

// linux/sched.h
export const CLONE_VM = 0x100
export const CLONE_FS = 0x200
export const CLONE_FILES = 0x400
export const CLONE_SIGHAND = 0x800
export const CLONE_VFORK = 0x4000
export const CLONE_PARENT = 0x8000
export const CLONE_THREAD = 0x10000
// Only clone3(2) takes this flag, because the flag lies above the 32 bits of clone(2).
export const CLONE_INTO_CGROUP = 0x2_0000_0000n
export const CLONE_NEWNS = 0x20000
export const CLONE_PARENT_SETTID = 0x10_0000
export const CLONE_NEWCGROUP = 0x2000000
export const CLONE_NEWUTS = 0x4000000
export const CLONE_NEWIPC = 0x8000000
export const CLONE_NEWUSER = 0x10000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000

// linux/time.h
export const ITIMER_REAL = 0

// asm-generic/signal.h
export const { SIGKILL, SIGUSR1, SIGSEGV, SIGTERM, SIGCHLD, SIGSYS } = signals
export const SIG_SETMASK = 2

// asm-generic/errno-base.h, asm-generic/errno.h
export const EPERM = 1
export const ENOENT = 2
export const EINTR = 4
export const ECHILD = 10
export const EAGAIN = 11
export const EXDEV = 18
export const EACCES = 13
export const EBUSY = 16
export const EEXIST = 17
export const ENOSPC = 28
export const ETIMEDOUT = 110

// linux/prctl.h
export const PR_SET_PDEATHSIG = 1
export const PR_SET_DUMPABLE = 4
export const PR_SET_NAME = 15
export const PR_CAPBSET_DROP = 24
export const PR_SET_SECUREBITS = 28
export const PR_SET_CHILD_SUBREAPER = 36
export const PR_SET_NO_NEW_PRIVS = 38

// linux/securebits.h: NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, and the lock bits of these three and of KEEP_CAPS.
// KEEP_CAPS itself stays off.
export const SECBIT_ALL_LOCKED = 0b1110_1111
// linux/capability.h
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522

// linux/landlock.h
export const LANDLOCK_CREATE_RULESET_VERSION = 1
export const LANDLOCK_RULE_PATH_BENEATH = 1
export const LANDLOCK_ACCESS_FS = {
  EXECUTE: 1 << 0,
  WRITE_FILE: 1 << 1,
  READ_FILE: 1 << 2,
  READ_DIR: 1 << 3,
  REMOVE_DIR: 1 << 4,
  REMOVE_FILE: 1 << 5,
  MAKE_CHAR: 1 << 6,
  MAKE_DIR: 1 << 7,
  MAKE_REG: 1 << 8,
  MAKE_SOCK: 1 << 9,
  MAKE_FIFO: 1 << 10,
  MAKE_BLOCK: 1 << 11,
  MAKE_SYM: 1 << 12,
  REFER: 1 << 13,
  TRUNCATE: 1 << 14,
  IOCTL_DEV: 1 << 15,
} as const

// linux/fs.h
export const FICLONE = 0x40049409

// linux/futex.h: FUTEX_WAIT | FUTEX_PRIVATE_FLAG
export const FUTEX_WAIT_PRIVATE = 0x80
// linux/pidfd.h: O_EXCL
export const PIDFD_THREAD = 0o200
// linux/audit.h
export const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const
export const AUDIT_ARCH_I386 = 0x40000003
// asm/unistd.h, x86-64: marks a call of the table for 32-bit pointers.
export const X32_SYSCALL_BIT = 0x40000000

// linux/seccomp.h
export const SECCOMP_SET_MODE_FILTER = 1
export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
export const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101
export const SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104
export const SECCOMP_RET_KILL_PROCESS = 0x8000_0000
export const SECCOMP_RET_ERRNO = 0x0005_0000
export const SECCOMP_RET_USER_NOTIF = 0x7fc0_0000
export const SECCOMP_RET_TRACE = 0x7ff0_0000
export const SECCOMP_RET_LOG = 0x7ffc_0000
export const SECCOMP_RET_ALLOW = 0x7fff_0000
export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1

// asm-generic/resource.h
export const RLIMIT_CPU = 0
export const RLIMIT_FSIZE = 1
export const RLIMIT_DATA = 2
export const RLIMIT_STACK = 3
export const RLIMIT_CORE = 4
export const RLIMIT_NPROC = 6
export const RLIMIT_NOFILE = 7
export const RLIMIT_MEMLOCK = 8
export const RLIMIT_AS = 9
export const RLIMIT_SIGPENDING = 11
export const RLIMIT_MSGQUEUE = 12

// linux/wait.h, linux/resource.h
export const WNOHANG = 1
export const __WALL = 0x4000_0000
export const RUSAGE_CHILDREN = -1
/** sizeof(struct rusage) */
export const RUSAGE_SIZE = 144

// linux/sched.h
export const SCHED_RR = 2
export const SCHED_RESET_ON_FORK = 0x40000000

// linux/perf_event.h. The flags PERF_ATTR_* are bit fields of struct perf_event_attr.
export const PERF_TYPE_SOFTWARE = 1
export const PERF_COUNT_SW_TASK_CLOCK = 1
export const PERF_ATTR_SIZE_VER0 = 64
export const PERF_ATTR_DISABLED = 1 << 0
export const PERF_ATTR_INHERIT = 1 << 1
export const PERF_ATTR_EXCLUDE_KERNEL = 1 << 5
export const PERF_ATTR_EXCLUDE_HV = 1 << 6
export const PERF_ATTR_ENABLE_ON_EXEC = 1 << 12
export const PERF_FLAG_FD_CLOEXEC = 8

// asm-generic/unistd.h: the same numbers on x64 and arm64.
export const SYS_pidfd_open = 434
export const SYS_openat2 = 437

// linux/time.h, linux/timerfd.h
export const CLOCK_MONOTONIC = 1
export const TFD_NONBLOCK = O_NONBLOCK
export const TFD_CLOEXEC = O_CLOEXEC

// linux/eventfd.h
export const EFD_NONBLOCK = O_NONBLOCK
export const EFD_CLOEXEC = O_CLOEXEC

// asm-generic/poll.h
export const POLLIN = 1
export const POLLPRI = 2
export const POLLHUP = 0x10
export const POLLOUT = 4

// asm-generic/mman-common.h
export const PROT_READ = 1
export const PROT_WRITE = 2
export const MAP_SHARED = 1
export const MAP_PRIVATE = 2
export const MAP_FIXED = 0x10

// linux/keyctl.h
export const KEYCTL_JOIN_SESSION_KEYRING = 1

// linux/socket.h, linux/if.h, linux/sockios.h
export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_CLOEXEC = O_CLOEXEC
export const IFNAMSIZ = 16
export const IFF_UP = 1
export const SIOCSIFFLAGS = 0x8914
export const SOL_SOCKET = 1
export const SO_DOMAIN = 39
export const SCM_RIGHTS = 1
export const MSG_DONTWAIT = 0x40
export const MSG_CMSG_CLOEXEC = 0x4000_0000

// asm-generic/ioctls.h
export const TIOCSCTTY = 0x540e
export const TIOCSWINSZ = 0x5414
export const TIOCSPTLCK = 0x4004_5431
export const TIOCGPTPEER = 0x5441

// spawn.h
export const POSIX_SPAWN_SETSIGDEF = 4
export const POSIX_SPAWN_SETSIGMASK = 8

// fcntl(2) and ioctl_iflags(2): a confined program must not use these commands on files of other users.
export const F_SETOWN = 8
export const F_SETOWN_EX = 15
export const F_SETLEASE = 1024
export const FS_IOC_SETFLAGS = 0x40086602
export const FS_IOC_FSSETXATTR = 0x401c5820

// flock(2)
export const LOCK_NB = 4
