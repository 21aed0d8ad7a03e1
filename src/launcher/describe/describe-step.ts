import { AT_FDCWD } from '../../linux/constants.ts'
import { visibleLine } from '../../units/visible.ts'
import type { Argument, Step } from '../step.ts'
import {
  bits,
  boxPath,
  directory,
  flags,
  hexadecimal,
  named,
  octal,
  pollNumbers,
  prctlArgument,
  seconds,
  sfdFlags,
  signalSet,
  socketType,
  timeoutText,
  value,
} from './arguments.ts'
import { atFlags, cloneFlags, mountAttributes, mountFlags, openFlags } from './step-flags.ts'

const CALL_MAX_LENGTH = 400

/**
 * A step in the form of a system call for a person: `mount("/usr" -> "/usr", MS_BIND|MS_REC)`. A path below
 * the directory that becomes the sandbox's root appears as the path that it will have.
 */
export function describeStep(step: Step): string {
  const format = formats[step.syscall] ?? plain
  const call = visibleLine(`${step.syscall}(${step.shown ?? format(step.args).join(', ')})`)
  return call.length > CALL_MAX_LENGTH ? `${call.slice(0, CALL_MAX_LENGTH)}…` : call
}

type Format = (args: readonly Argument[]) => string[]

const plain: Format = (args) => args.map(value)

/** Formats single arguments by their index, and the others plainly. */
const withNames =
  (names: Readonly<Record<number, (argument: Argument) => string>>): Format =>
  (args) =>
    args.map((argument, index) => (names[index] ?? value)(argument))

const formats: Readonly<Record<string, Format>> = {
  mount: ([source, target, type, flagBits, options]) => [
    `${source === 0 ? '' : `${value(source ?? 0)} -> `}${boxPath(target)}`,
    ...(typeof type === 'object' ? [value(type)] : []),
    flags(mountFlags)(flagBits ?? 0),
    ...(typeof options === 'object' ? [value(options)] : []),
  ],
  mount_setattr: ([dir, target, at, attributes]) => [
    dir === AT_FDCWD ? boxPath(target) : value(dir ?? 0),
    flags(atFlags)(at ?? 0),
    typeof attributes === 'object' && attributes.kind === 'words'
      ? flags(mountAttributes)(attributes.words[0] ?? 0)
      : '…',
  ],
  clone: ([flagBits]) => [flags(cloneFlags)(flagBits ?? 0)],
  unshare: withNames({ 0: flags(cloneFlags) }),
  openat: withNames({ 0: directory, 2: flags(openFlags) }),
  openat2: ([dir, path, how]) => [
    directory(dir ?? 0),
    value(path ?? 0),
    typeof how === 'object' && how.kind === 'words' ? flags(openFlags)(how.words[0] ?? 0) : '…',
  ],
  mkdirat: ([, path, mode]) => [boxPath(path), octal(mode)],
  mknodat: ([, path, mode]) => [boxPath(path), octal(mode)],
  symlinkat: ([text, , path]) => [value(text ?? 0), boxPath(path)],
  fchownat: ([, path, uid, gid]) => [boxPath(path), value(uid ?? 0), value(gid ?? 0)],
  prctl: ([option, argument]) => [named('PR_')(option ?? 0), prctlArgument(option, argument)],
  prlimit64: ([, resource, limit]) => [named('RLIMIT_')(resource ?? 0), value(limit ?? 0)],
  fcntl: ([fd, command, argument]) =>
    command === 1
      ? [value(fd ?? 0), 'F_GETFD']
      : [value(fd ?? 0), named('F_', /^F_(?!SEAL|OK)/)(command ?? 0), named('FD_')(argument ?? 0)],
  dup3: withNames({ 2: bits('O_CLOEXEC') }),
  close_range: withNames({ 1: (last) => (last === 0xffff_ffff ? '~0' : value(last)) }),
  setns: withNames({ 1: flags(cloneFlags) }),
  umount2: withNames({ 0: boxPath, 1: bits('MNT_') }),
  umask: withNames({ 0: octal }),
  mmap: withNames({ 0: hexadecimal, 2: bits('PROT_'), 3: bits('MAP_') }),
  lseek: withNames({ 2: (whence) => (whence === 2 ? 'SEEK_END' : value(whence)) }),
  wait4: withNames({ 2: bits('WNOHANG') }),
  kill: withNames({ 1: named('SIG') }),
  faccessat: ([dir, path]) => [directory(dir ?? 0), value(path ?? 0), 'F_OK'],
  socket: ([domain, type]) => [named('AF_')(domain ?? 0), socketType(type ?? 0), '0'],
  ioctl: ([fd, request, argument]) => [
    value(fd ?? 0),
    named('', /^(SIOC|TIOC|SECCOMP_IOCTL_)/)(request ?? 0),
    value(argument ?? 0),
  ],
  keyctl: withNames({ 0: named('KEYCTL_') }),
  clock_gettime: withNames({ 0: named('CLOCK_') }),
  timerfd_create: withNames({ 0: named('CLOCK_'), 1: bits('TFD_') }),
  timerfd_settime: ([fd, , timer]) => [value(fd ?? 0), '0', seconds(timer)],
  signalfd4: ([fd, set, , flagBits]) => [value(fd ?? 0), signalSet(set), sfdFlags(flagBits ?? 0)],
  rt_sigprocmask: ([how, set]) => [named('SIG_')(how ?? 0), signalSet(set)],
  getrusage: withNames({ 0: named('RUSAGE_') }),
  ppoll: ([fds, count, timeout]) => [
    pollNumbers(fds),
    value(count ?? 0),
    timeoutText(timeout),
    'NULL',
  ],
  seccomp: ([mode, flagBits, program]) => [
    named('SECCOMP_SET_')(mode ?? 0),
    bits('SECCOMP_FILTER_FLAG_')(flagBits ?? 0),
    typeof program === 'object' && program.kind === 'words'
      ? `${value(program.words[0] ?? 0)} instructions`
      : '…',
  ],
  capset: ([, sets]) => ['_LINUX_CAPABILITY_VERSION_3', value(sets ?? 0)],
  execve: ([path, argv]) => [value(path ?? 0), value(argv ?? 0)],
}
