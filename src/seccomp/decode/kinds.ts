import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW } from '../../linux/constants.ts'
import * as choices from '../../linux/names/choices.ts'
import * as flags from '../../linux/names/flags.ts'
import { names } from '../../linux/names/names.ts'
import { seccompConstants } from '../../linux/seccomp-constants.ts'
import { signalName } from '../../linux/signals.ts'
import type { ArgumentKind } from '../../linux/syscall-signatures.ts'
import type { Arch } from '../../linux/syscalls.ts'
import { bits, choice, hex, type Names } from './bits.ts'

type Decode = (value: bigint, arch: Arch) => string

const signed = (value: bigint): bigint => BigInt.asIntN(32, value)
const decimal: Decode = (value) => String(value)
const int: Decode = (value) => String(signed(value))
const octal: Decode = (value) => (value === 0n ? '0' : `0${value.toString(8)}`)
const oneOf =
  (of: Names): Decode =>
  (value) =>
    choice(value, of)
const setOf =
  (of: Names): Decode =>
  (value) =>
    bits(value, of)

const domains = seccompConstants('AF_')
const clone = seccompConstants('CLONE_')
const namespaces = seccompConstants('CLONE_NEW')
const socketTypes = seccompConstants('SOCK_')
const personalities = names(`
  PER_LINUX=0 PER_LINUX32=8 UNAME26=0x20000 ADDR_NO_RANDOMIZE=0x40000 MMAP_PAGE_ZERO=0x100000
  ADDR_COMPAT_LAYOUT=0x200000 READ_IMPLIES_EXEC=0x400000 ADDR_LIMIT_32BIT=0x800000
  SHORT_INODE=0x1000000 WHOLE_SECONDS=0x2000000 STICKY_TIMEOUTS=0x4000000 ADDR_LIMIT_3GB=0x8000000
`)
// linux/stat.h
const fileTypes = names(`
  S_IFIFO=0x1000 S_IFCHR=0x2000 S_IFDIR=0x4000 S_IFBLK=0x6000 S_IFREG=0x8000 S_IFLNK=0xa000
  S_IFSOCK=0xc000
`)
// asm-generic/fcntl.h; see openFlags() for those that differ.
const openBits = names(`
  O_CREAT=0x40 O_EXCL=0x80 O_NOCTTY=0x100 O_TRUNC=0x200 O_APPEND=0x400 O_NONBLOCK=0x800
  O_SYNC=0x101000 O_DSYNC=0x1000 O_ASYNC=0x2000 O_NOATIME=0x40000 O_CLOEXEC=0x80000 O_PATH=0x200000
`)
/** O_DIRECT, O_LARGEFILE and O_TMPFILE besides O_DIRECTORY; arch/arm64/include/uapi/asm/fcntl.h. */
const openBitsOf = {
  x64: names('O_DIRECT=0x4000 O_LARGEFILE=0x8000 O_TMPFILE=0x410000'),
  arm64: names('O_DIRECT=0x10000 O_LARGEFILE=0x20000 O_TMPFILE=0x404000'),
} as const

const openFlags: Decode = (value, arch) => {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', '3'][Number(value & 3n)]
  const own = [...openBitsOf[arch]].toReversed()
  const links = [
    [O_DIRECTORY[arch], 'O_DIRECTORY'],
    [O_NOFOLLOW[arch], 'O_NOFOLLOW'],
  ] as const
  const rest = bits(value & ~3n, new Map([...openBits, ...own, ...links]))
  return rest === '0' ? `${access}` : `${access}|${rest}`
}

const socketType: Decode = (value) => {
  const type = choice(value & 0xfn, socketTypes)
  return value < 16n ? type : `${type}|${bits(value & ~0xfn, socketTypes)}`
}

const cloneFlags: Decode = (value) => {
  const [signal, rest] = [Number(value & 0xffn), bits(value & ~0xffn, clone)]
  if (signal === 0) return rest
  return rest === '0' ? signalName(signal) : `${rest}|${signalName(signal)}`
}

const mapFlags: Decode = (value) => {
  const type = ['0', 'MAP_SHARED', 'MAP_PRIVATE', 'MAP_SHARED_VALIDATE'][Number(value & 0xfn)]
  const rest = bits(value & ~0xfn, flags.mapFlags)
  return rest === '0' ? (type ?? hex(value)) : `${type ?? hex(value & 0xfn)}|${rest}`
}

const futexOperation: Decode = (value) => {
  const name = choice(value & 0x7fn, choices.futexOperations)
  const own = value & 0x80n ? `${name}_PRIVATE` : name
  return value < 0x100n
    ? own
    : `${own}|${bits(value & ~0xffn, names('FUTEX_CLOCK_REALTIME=0x100'))}`
}

const nodeMode: Decode = (value) => {
  const type = fileTypes.get(Number(value & 0xf000n))
  return type === undefined ? octal(value, 'x64') : `${type}|${octal(value & 0xfffn, 'x64')}`
}

const personality: Decode = (value) => {
  if (value === 0xffff_ffffn) return hex(value)
  const type = value & 0xffn
  const rest = bits(value & ~0xffn, personalities)
  const domain = choice(type, personalities)
  return rest === '0' ? domain : `${domain}|${rest}`
}

/** How each kind of argument is written, given those of its bits that the kernel reads. */
export const decoders: Readonly<Record<ArgumentKind, Decode>> = {
  ptr: (value) => (value === 0n ? 'NULL' : hex(value)),
  addr: (value) => (value === 0n ? 'NULL' : hex(value)),
  int,
  fd: int,
  pid: int,
  uid: int,
  dirfd: (value) => (signed(value) === BigInt(AT_FDCWD) ? 'AT_FDCWD' : int(value, 'x64')),
  uint: decimal,
  ulong: decimal,
  size: decimal,
  long: (value) => String(BigInt.asIntN(64, value)),
  off: (value) => String(BigInt.asIntN(64, value)),
  hex,
  hex32: hex,
  mode: octal,
  mknod: nodeMode,
  access: (value) => (value === 0n ? 'F_OK' : bits(value, names('X_OK=1 W_OK=2 R_OK=4'))),
  arch_prctl: oneOf(choices.archPrctlOptions),
  at: setOf(flags.atFlags),
  bpf: oneOf(choices.bpfCommands),
  clock: oneOf(choices.clocks),
  clone: cloneFlags,
  domain: oneOf(domains),
  epoll: oneOf(names('EPOLL_CTL_ADD=1 EPOLL_CTL_DEL=2 EPOLL_CTL_MOD=3')),
  fcntl: oneOf(choices.fcntlCommands),
  flock: setOf(names('LOCK_SH=1 LOCK_EX=2 LOCK_NB=4 LOCK_UN=8')),
  futex: futexOperation,
  getrandom: setOf(flags.randomFlags),
  idtype: oneOf(choices.idTypes),
  ioctl: oneOf(choices.ioctlRequests),
  itimer: oneOf(names('ITIMER_REAL=0 ITIMER_VIRTUAL=1 ITIMER_PROF=2')),
  keyctl: oneOf(choices.keyctlOperations),
  madvise: oneOf(choices.madviseAdvice),
  map: mapFlags,
  membarrier: setOf(flags.membarrierCommands),
  memfd: setOf(flags.memfdFlags),
  mlockall: setOf(flags.mlockallFlags),
  mount: setOf(flags.mountFlags),
  mremap: setOf(flags.mremapFlags),
  msg: setOf(flags.messageFlags),
  msync: setOf(flags.msyncFlags),
  ns: setOf(namespaces),
  open: openFlags,
  openlike: setOf(openBits),
  personality,
  prctl: oneOf(choices.prctlOptions),
  prio: oneOf(names('PRIO_PROCESS=0 PRIO_PGRP=1 PRIO_USER=2')),
  prot: (value) => (value === 0n ? 'PROT_NONE' : bits(value, flags.protections)),
  ptrace: oneOf(choices.ptraceRequests),
  reboot: oneOf(choices.rebootCommands),
  rename: setOf(flags.renameFlags),
  rlimit: oneOf(choices.rlimits),
  rusage: oneOf(names('RUSAGE_SELF=0 RUSAGE_THREAD=1 RUSAGE_CHILDREN=0xffffffff')),
  sched: oneOf(choices.schedulers),
  seccomp: oneOf(choices.seccompOperations),
  shutdown: oneOf(names('SHUT_RD=0 SHUT_WR=1 SHUT_RDWR=2')),
  signal: (value) => (value === 0n ? '0' : signalName(Number(value))),
  sigprocmask: oneOf(names('SIG_BLOCK=0 SIG_UNBLOCK=1 SIG_SETMASK=2')),
  socktype: socketType,
  sol: oneOf(choices.socketLevels),
  umount: setOf(flags.umountFlags),
  unlink: setOf(names('AT_REMOVEDIR=0x200')),
  unshare: setOf(clone),
  wait: setOf(flags.waitFlags),
  whence: oneOf(names('SEEK_SET=0 SEEK_CUR=1 SEEK_END=2 SEEK_DATA=3 SEEK_HOLE=4')),
}
