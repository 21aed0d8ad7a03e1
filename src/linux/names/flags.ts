// Arguments that are sets of bits.
import { names } from './names.ts'

/** linux/mount.h: flags of mount(2). */
export const mountFlags = names(`
  MS_RDONLY=1 MS_NOSUID=2 MS_NODEV=4 MS_NOEXEC=8 MS_SYNCHRONOUS=16 MS_REMOUNT=32 MS_MANDLOCK=64
  MS_DIRSYNC=0x80 MS_NOSYMFOLLOW=0x100 MS_NOATIME=0x400 MS_NODIRATIME=0x800 MS_BIND=0x1000
  MS_MOVE=0x2000 MS_REC=0x4000 MS_SILENT=0x8000 MS_POSIXACL=0x10000 MS_UNBINDABLE=0x20000
  MS_PRIVATE=0x40000 MS_SLAVE=0x80000 MS_SHARED=0x100000 MS_RELATIME=0x200000
  MS_I_VERSION=0x800000 MS_STRICTATIME=0x1000000 MS_LAZYTIME=0x2000000
`)

/** linux/fs.h: flags of umount2(2). */
export const umountFlags = names(`
  MNT_FORCE=1 MNT_DETACH=2 MNT_EXPIRE=4 UMOUNT_NOFOLLOW=8
`)

/** linux/socket.h: flags of send(2) and recv(2). */
export const messageFlags = names(`
  MSG_OOB=1 MSG_PEEK=2 MSG_DONTROUTE=4 MSG_CTRUNC=8 MSG_TRUNC=32 MSG_DONTWAIT=64 MSG_EOR=0x80
  MSG_WAITALL=0x100 MSG_CONFIRM=0x800 MSG_ERRQUEUE=0x2000 MSG_NOSIGNAL=0x4000 MSG_MORE=0x8000
  MSG_WAITFORONE=0x10000 MSG_ZEROCOPY=0x4000000 MSG_FASTOPEN=0x20000000
  MSG_CMSG_CLOEXEC=0x40000000
`)

/** asm-generic/mman-common.h, asm-generic/mman.h: flags of mmap(2) besides its type. */
export const mapFlags = names(`
  MAP_FIXED=16 MAP_ANONYMOUS=32 MAP_32BIT=64 MAP_GROWSDOWN=0x100 MAP_DENYWRITE=0x800
  MAP_EXECUTABLE=0x1000 MAP_LOCKED=0x2000 MAP_NORESERVE=0x4000 MAP_POPULATE=0x8000
  MAP_NONBLOCK=0x10000 MAP_STACK=0x20000 MAP_HUGETLB=0x40000 MAP_SYNC=0x80000
  MAP_FIXED_NOREPLACE=0x100000
`)

/** asm-generic/mman-common.h: protection of mmap(2). */
export const protections = names(`
  PROT_READ=1 PROT_WRITE=2 PROT_EXEC=4 PROT_SEM=8 PROT_GROWSDOWN=0x1000000 PROT_GROWSUP=0x2000000
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
  WNOHANG=1 WUNTRACED=2 WEXITED=4 WCONTINUED=8 WNOWAIT=0x1000000 __WNOTHREAD=0x20000000
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
  MFD_CLOEXEC=1 MFD_ALLOW_SEALING=2 MFD_HUGETLB=4 MFD_NOEXEC_SEAL=8 MFD_EXEC=16
`)

/** linux/fcntl.h: flags of the calls that take a directory. */
export const atFlags = names(`
  AT_SYMLINK_NOFOLLOW=0x100 AT_EACCESS=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800
  AT_EMPTY_PATH=0x1000 AT_STATX_FORCE_SYNC=0x2000 AT_STATX_DONT_SYNC=0x4000 AT_RECURSIVE=0x8000
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
