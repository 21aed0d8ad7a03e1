// Arguments that are sets of bits.
import { names } from './names.ts'

/** linux/mount.h: flags of mount(2). */
export const mountFlags = names(`
  MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC MS_SYNCHRONOUS=16 MS_REMOUNT MS_MANDLOCK=64
  MS_DIRSYNC=0x80 MS_NOSYMFOLLOW=0x100 MS_NOATIME MS_NODIRATIME MS_BIND
  MS_MOVE=0x2000 MS_REC MS_SILENT=0x8000 MS_POSIXACL=0x10000 MS_UNBINDABLE=0x20000
  MS_PRIVATE MS_SLAVE=0x80000 MS_SHARED=0x100000 MS_RELATIME
  MS_I_VERSION=0x800000 MS_STRICTATIME=0x1000000 MS_LAZYTIME=0x2000000
`)

/** linux/mount.h: attributes of mount_setattr(2). */
export const mountAttributes = names(`
  MOUNT_ATTR_RDONLY MOUNT_ATTR_NOSUID MOUNT_ATTR_NODEV MOUNT_ATTR_NOEXEC MOUNT_ATTR_NOATIME=16
  MOUNT_ATTR_STRICTATIME=32 MOUNT_ATTR_NODIRATIME=0x80 MOUNT_ATTR_IDMAP MOUNT_ATTR_NOSYMFOLLOW=0x200000
`)

/** linux/seccomp.h: flags of seccomp(2). */
export const filterFlags = names(`
  SECCOMP_FILTER_FLAG_TSYNC=1 SECCOMP_FILTER_FLAG_LOG=2 SECCOMP_FILTER_FLAG_SPEC_ALLOW=4
  SECCOMP_FILTER_FLAG_NEW_LISTENER SECCOMP_FILTER_FLAG_TSYNC_ESRCH=16
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV=32
`)

/** linux/fs.h: flags of umount2(2). */
export const umountFlags = names(`
  MNT_FORCE=1 MNT_DETACH MNT_EXPIRE=4 UMOUNT_NOFOLLOW=8
`)

/** linux/socket.h: flags of send(2) and recv(2). */
export const messageFlags = names(`
  MSG_OOB=1 MSG_PEEK=2 MSG_DONTROUTE=4 MSG_CTRUNC=8 MSG_TRUNC=32 MSG_DONTWAIT MSG_EOR=0x80
  MSG_WAITALL=0x100 MSG_CONFIRM=0x800 MSG_ERRQUEUE=0x2000 MSG_NOSIGNAL=0x4000 MSG_MORE=0x8000
  MSG_WAITFORONE=0x10000 MSG_ZEROCOPY=0x4000000 MSG_FASTOPEN=0x20000000
  MSG_CMSG_CLOEXEC
`)

/** asm-generic/mman-common.h, asm-generic/mman.h: flags of mmap(2) in addition to the type of mapping. */
export const mapFlags = names(`
  MAP_FIXED MAP_ANONYMOUS=32 MAP_32BIT=64 MAP_GROWSDOWN=0x100 MAP_DENYWRITE=0x800
  MAP_EXECUTABLE=0x1000 MAP_LOCKED=0x2000 MAP_NORESERVE=0x4000 MAP_POPULATE=0x8000
  MAP_NONBLOCK=0x10000 MAP_STACK=0x20000 MAP_HUGETLB=0x40000 MAP_SYNC=0x80000
  MAP_FIXED_NOREPLACE=0x100000
`)

/** asm-generic/mman-common.h: protection of mmap(2). */
export const protections = names(`
  PROT_READ PROT_WRITE PROT_EXEC=4 PROT_SEM=8 PROT_GROWSDOWN=0x1000000 PROT_GROWSUP=0x2000000
`)

/** linux/mman.h: flags of mremap(2). */
export const mremapFlags = names(`
  MREMAP_MAYMOVE=1 MREMAP_FIXED=2 MREMAP_DONTUNMAP=4
`)

/** asm-generic/mman-common.h: flags of msync(2). */
export const msyncFlags = names(`
  MS_ASYNC=1 MS_INVALIDATE=2 MS_SYNC=4
`)

/** asm-generic/mman.h: flags of mlockall(2). */
export const mlockallFlags = names(`
  MCL_CURRENT=1 MCL_FUTURE=2 MCL_ONFAULT=4
`)

/** linux/wait.h: options of wait4(2). */
export const waitFlags = names(`
  WNOHANG WUNTRACED=2 WEXITED=4 WCONTINUED=8 WNOWAIT=0x1000000 __WNOTHREAD=0x20000000
  __WALL=0x40000000 __WCLONE=0x80000000
`)

/** linux/random.h: flags of getrandom(2). */
export const randomFlags = names(`
  GRND_NONBLOCK=1 GRND_RANDOM=2 GRND_INSECURE=4
`)

/** linux/fs.h: flags of renameat2(2). */
export const renameFlags = names(`
  RENAME_NOREPLACE=1 RENAME_EXCHANGE=2 RENAME_WHITEOUT=4
`)

/** linux/memfd.h: flags of memfd_create(2). */
export const memfdFlags = names(`
  MFD_CLOEXEC MFD_ALLOW_SEALING MFD_HUGETLB=4 MFD_NOEXEC_SEAL MFD_EXEC
`)

/** linux/fcntl.h: flags of the calls that take a directory. */
export const atFlags = names(`
  AT_SYMLINK_NOFOLLOW AT_EACCESS=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800
  AT_EMPTY_PATH AT_STATX_FORCE_SYNC=0x2000 AT_STATX_DONT_SYNC=0x4000 AT_RECURSIVE
`)

/** linux/membarrier.h: commands of membarrier(2). */
export const membarrierCommands = names(`
  MEMBARRIER_CMD_GLOBAL=1 MEMBARRIER_CMD_GLOBAL_EXPEDITED=2
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED=4 MEMBARRIER_CMD_PRIVATE_EXPEDITED=8
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED=16 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE=32
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE=64
  MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ=0x80 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ=0x100
  MEMBARRIER_CMD_GET_REGISTRATIONS=0x200
`)

/** linux/net.h: types of socket(2), and the flags in the same argument. */
export const socketTypes = names(`
  SOCK_STREAM SOCK_DGRAM SOCK_RAW=3 SOCK_RDM=4 SOCK_SEQPACKET=5 SOCK_DCCP=6 SOCK_PACKET=10
  SOCK_NONBLOCK=0x800 SOCK_CLOEXEC
`)

/** linux/sched.h: flags of clone(2) and unshare(2). */
export const cloneFlags = names(`
  CLONE_NEWTIME=0x80 CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_PIDFD=0x1000
  CLONE_PTRACE=0x2000 CLONE_VFORK CLONE_PARENT CLONE_THREAD CLONE_NEWNS
  CLONE_SYSVSEM=0x40000 CLONE_SETTLS=0x80000 CLONE_PARENT_SETTID
  CLONE_CHILD_CLEARTID=0x200000 CLONE_UNTRACED=0x800000 CLONE_CHILD_SETTID=0x1000000
  CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC CLONE_NEWUSER CLONE_NEWPID CLONE_NEWNET
  CLONE_IO=0x80000000
`)

/** sys/file.h: operations of flock(2). */
export const lockOperations = names(`
  LOCK_SH=1 LOCK_EX=2 LOCK_NB LOCK_UN=8
`)

/** linux/fcntl.h: flags of unlinkat(2). */
export const unlinkFlags = names(`
  AT_REMOVEDIR
`)

/** linux/futex.h: flags in the operation argument of futex(2). */
export const futexFlags = names(`
  FUTEX_CLOCK_REALTIME=0x100
`)

/** linux/personality.h: domains and flags of personality(2). */
export const personalities = names(`
  PER_LINUX=0 PER_LINUX32=8 UNAME26=0x20000 ADDR_NO_RANDOMIZE=0x40000 MMAP_PAGE_ZERO=0x100000
  ADDR_COMPAT_LAYOUT=0x200000 READ_IMPLIES_EXEC=0x400000 ADDR_LIMIT_32BIT=0x800000
  SHORT_INODE=0x1000000 WHOLE_SECONDS=0x2000000 STICKY_TIMEOUTS=0x4000000 ADDR_LIMIT_3GB=0x8000000
`)

/** asm-generic/fcntl.h: flags of open(2) that have the same value on x86-64 and arm64. */
export const openFlags = names(`
  O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND=0x400 O_NONBLOCK O_SYNC=0x101000 O_DSYNC=0x1000
  O_ASYNC=0x2000 O_NOATIME=0x40000 O_CLOEXEC O_PATH
`)
