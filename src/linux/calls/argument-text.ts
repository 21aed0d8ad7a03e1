import {
  AT_FDCWD,
  O_DIRECT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NOFOLLOW,
  O_TMPFILE,
} from '../constants.ts'
import { bits, choice, hex, type Names } from '../names/bits.ts'
import * as choices from '../names/choices.ts'
import * as flags from '../names/flags.ts'
import { signalName } from '../signals.ts'
import type { Arch } from '../syscalls.ts'
import { type ArgumentKind, argumentBits } from './signatures.ts'

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

const namespaces = new Map([...flags.cloneFlags].filter(([, name]) => name.startsWith('CLONE_NEW')))

const openFlags: Decode = (value, arch) => {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', '3'][Number(value & 3n)]
  // O_TMPFILE contains the bit of O_DIRECTORY, so O_TMPFILE comes first.
  const own = Object.entries({ O_TMPFILE, O_LARGEFILE, O_DIRECT, O_DIRECTORY, O_NOFOLLOW }).map(
    ([name, values]) => [values[arch], name] as const,
  )
  const rest = bits(value & ~3n, new Map([...flags.openFlags, ...own]))
  return rest === '0' ? `${access}` : `${access}|${rest}`
}

const socketType: Decode = (value) => {
  const type = choice(value & 0xfn, flags.socketTypes)
  return value < 16n ? type : `${type}|${bits(value & ~0xfn, flags.socketTypes)}`
}

const cloneFlags: Decode = (value) => {
  const [signal, rest] = [Number(value & 0xffn), bits(value & ~0xffn, flags.cloneFlags)]
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
  return value < 0x100n ? own : `${own}|${bits(value & ~0xffn, flags.futexFlags)}`
}

const nodeMode: Decode = (value) => {
  const type = choices.fileTypes.get(Number(value & 0xf000n))
  return type === undefined ? octal(value, 'x64') : `${type}|${octal(value & 0xfffn, 'x64')}`
}

const personality: Decode = (value) => {
  if (value === 0xffff_ffffn) return hex(value)
  const type = value & 0xffn
  const rest = bits(value & ~0xffn, flags.personalities)
  const domain = choice(type, flags.personalities)
  return rest === '0' ? domain : `${domain}|${rest}`
}

/** Formats each kind of argument from the bits that the kernel reads. */
const decoders: Readonly<Record<ArgumentKind, Decode>> = {
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
  access: (value) => (value === 0n ? 'F_OK' : bits(value, choices.accessModes)),
  arch_prctl: oneOf(choices.archPrctlOptions),
  at: setOf(flags.atFlags),
  bpf: oneOf(choices.bpfCommands),
  clock: oneOf(choices.clocks),
  clone: cloneFlags,
  domain: oneOf(choices.socketDomains),
  epoll: oneOf(choices.epollOperations),
  fcntl: oneOf(choices.fcntlCommands),
  flock: setOf(flags.lockOperations),
  futex: futexOperation,
  getrandom: setOf(flags.randomFlags),
  idtype: oneOf(choices.idTypes),
  ioctl: oneOf(choices.ioctlRequests),
  itimer: oneOf(choices.intervalTimers),
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
  openlike: setOf(flags.openFlags),
  personality,
  prctl: oneOf(choices.prctlOptions),
  prio: oneOf(choices.priorityTargets),
  prot: (value) => (value === 0n ? 'PROT_NONE' : bits(value, flags.protections)),
  ptrace: oneOf(choices.ptraceRequests),
  reboot: oneOf(choices.rebootCommands),
  rename: setOf(flags.renameFlags),
  rlimit: oneOf(choices.rlimits),
  rusage: oneOf(choices.usageTargets),
  sched: oneOf(choices.schedulers),
  seccomp: oneOf(choices.seccompOperations),
  shutdown: oneOf(choices.shutdownParts),
  signal: (value) => (value === 0n ? '0' : signalName(Number(value))),
  sigprocmask: oneOf(choices.maskOperations),
  socktype: socketType,
  sol: oneOf(choices.socketLevels),
  umount: setOf(flags.umountFlags),
  unlink: setOf(flags.unlinkFlags),
  unshare: setOf(flags.cloneFlags),
  wait: setOf(flags.waitFlags),
  whence: oneOf(choices.seekOrigins),
}

/**
 * The text of a call's argument, as in C: `O_RDONLY|O_CLOEXEC`. The text leaves out the bits that the kernel ignores.
 */
export const argumentText = (kind: ArgumentKind, register: bigint, arch: Arch): string =>
  decoders[kind](BigInt.asUintN(argumentBits[kind], register), arch)
