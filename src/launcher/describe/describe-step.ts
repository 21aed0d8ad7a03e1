import { syscallSignature } from '../../linux/calls/signatures.ts'
import { AT_FDCWD } from '../../linux/constants.ts'
import { bits } from '../../linux/names/bits.ts'
import { filterFlags, mountAttributes } from '../../linux/names/flags.ts'
import { visibleLine } from '../../units/visible.ts'
import type { Argument, Step } from '../step.ts'
import {
  argument,
  boxPath,
  fcntlArguments,
  pollNumbers,
  prctlArgument,
  seconds,
  signalSet,
  timeoutText,
  value,
  wordsOf,
} from './arguments.ts'

const CALL_MAX_LENGTH = 400

/**
 * Describes a step as a system call that a person can read: `mount("/usr" -> "/usr", MS_BIND|MS_REC)`. A path below the
 * directory that becomes the sandbox's root appears as the later path in the sandbox.
 */
export function describeStep({ syscall, args, shown }: Step): string {
  const own = formats[syscall]
  const texts = shown ?? (own === undefined ? plain(syscall, args) : own(args)).join(', ')
  const call = visibleLine(`${syscall}(${texts})`)
  return call.length > CALL_MAX_LENGTH ? `${call.slice(0, CALL_MAX_LENGTH)}…` : call
}

// The x64 signatures also fit arm64. Only clone(2) has another order of arguments there, and clone(2) is in `formats`.
function plain(syscall: string, args: readonly Argument[]): string[] {
  const signature = syscallSignature(syscall, 'x64')
  return args.map((each, index) => {
    const kind = signature?.[index]
    return kind === undefined ? value(each) : argument(kind, each)
  })
}

/** The calls whose text shows only some arguments, or the data behind a pointer. */
const formats: Readonly<Record<string, (args: readonly Argument[]) => string[]>> = {
  mount: ([source, target, type, flags, options]) => [
    `${source === 0 ? '' : `${value(source ?? 0)} -> `}${boxPath(target)}`,
    ...(typeof type === 'object' ? [value(type)] : []),
    argument('mount', flags),
    ...(typeof options === 'object' ? [value(options)] : []),
  ],
  mount_setattr: ([directory, target, at, attributes]) => [
    directory === AT_FDCWD ? boxPath(target) : argument('dirfd', directory),
    argument('at', at),
    firstWord(attributes, (set) => bits(BigInt(set), mountAttributes)),
  ],
  clone: ([flags]) => [argument('clone', flags)],
  openat2: ([directory, path, how]) => [
    argument('dirfd', directory),
    value(path ?? 0),
    firstWord(how, (flags) => argument('open', flags)),
  ],
  mkdirat: ([, path, mode]) => [boxPath(path), argument('mode', mode)],
  mknodat: ([, path, mode]) => [boxPath(path), permissions(mode)],
  symlinkat: ([text, , path]) => [value(text ?? 0), boxPath(path)],
  fchownat: ([, path, uid, gid]) => [boxPath(path), argument('uid', uid), argument('uid', gid)],
  umount2: ([path, flags]) => [boxPath(path), argument('umount', flags)],
  faccessat: ([directory, path]) => [argument('dirfd', directory), value(path ?? 0), 'F_OK'],
  prctl: ([option, given]) => [argument('prctl', option), prctlArgument(option, given)],
  prlimit64: ([, resource, limit]) => [argument('rlimit', resource), value(limit ?? 0)],
  fcntl: fcntlArguments,
  close_range: ([first, last, flags]) => [
    argument('uint', first),
    last === 0xffff_ffff ? '~0' : argument('uint', last),
    argument('hex32', flags),
  ],
  timerfd_settime: ([fd, , timer]) => [argument('fd', fd), '0', seconds(timer)],
  signalfd4: ([fd, set, , flags]) => [
    argument('fd', fd),
    signalSet(set),
    argument('openlike', flags),
  ],
  rt_sigprocmask: ([how, set]) => [argument('sigprocmask', how), signalSet(set)],
  ppoll: ([fds, count, timeout]) => [
    pollNumbers(fds),
    argument('uint', count),
    timeoutText(timeout),
    'NULL',
  ],
  seccomp: ([mode, flags, program]) => [
    argument('seccomp', mode),
    typeof flags === 'number' ? bits(BigInt(flags), filterFlags) : value(flags ?? 0),
    firstWord(program, (count) => `${count} instructions`),
  ],
  capset: ([, sets]) => ['_LINUX_CAPABILITY_VERSION_3', value(sets ?? 0)],
  execve: ([path, argv]) => [value(path ?? 0), value(argv ?? 0)],
}

/** Formats the first word of a structure. */
function firstWord(structure: Argument | undefined, format: (word: number) => string): string {
  const [word] = wordsOf(structure) ?? []
  return typeof word === 'number' ? format(word) : '…'
}

/** Formats a file's mode without the file's type. */
const permissions = (mode: Argument | undefined): string =>
  typeof mode === 'number' ? argument('mode', mode & 0o7777) : '…'
