import { AT_FDCWD } from '../../../ffi/constants.ts'
import type { Argument, Step } from '../step.ts'
import {
  atFlags,
  cloneFlags,
  constantName,
  mountAttributes,
  mountFlags,
  openFlags,
} from './flags.ts'

const CALL_MAX_LENGTH = 400

/**
 * A step as a person reads a system call: `mount("/usr" -> "/usr", MS_BIND|MS_REC)`. What a step makes
 * below the directory that becomes the sandbox's root is shown as the path that it will have.
 */
export function describeStep(step: Step): string {
  const format = formats[step.syscall] ?? plain
  const call = `${step.syscall}(${step.shown ?? format(step.args).join(', ')})`
  return call.length > CALL_MAX_LENGTH ? `${call.slice(0, CALL_MAX_LENGTH)}…` : call
}

type Format = (args: readonly Argument[]) => string[]

const plain: Format = (args) => args.map(value)

/** Formats single arguments by their index; those it does not name are plain. */
const withNames =
  (names: Readonly<Record<number, (argument: Argument) => string>>): Format =>
  (args) =>
    args.map((argument, index) => (names[index] ?? value)(argument))

const flags = (name: (value: number) => string) => (argument: Argument) =>
  typeof argument === 'number' ? name(argument) : value(argument)

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
  prctl: ([option, argument]) => [
    flags((number) => constantName(number, 'PR_'))(option ?? 0),
    value(argument ?? 0),
  ],
  prlimit64: ([, resource, limit]) => [
    flags((number) => constantName(number, 'RLIMIT_'))(resource ?? 0),
    value(limit ?? 0),
  ],
  execve: ([path, argv]) => [value(path ?? 0), value(argv ?? 0)],
}

const octal = (mode: Argument | undefined): string =>
  typeof mode === 'number' ? `0${(mode & 0o7777).toString(8)}` : '…'

function directory(argument: Argument): string {
  return argument === AT_FDCWD ? 'AT_FDCWD' : value(argument)
}

function boxPath(argument: Argument | undefined): string {
  if (typeof argument !== 'object' || argument.kind !== 'text') return value(argument ?? 0)
  return JSON.stringify(argument.text.replace(/^(?![./])/, '/'))
}

function value(argument: Argument): string {
  if (typeof argument !== 'object') return String(argument)
  switch (argument.kind) {
    case 'text':
      return JSON.stringify(argument.text)
    case 'bytes':
      return `<${argument.bytes.length} bytes>`
    case 'words':
      return `[${argument.words.map(value).join(', ')}]`
    case 'at':
      return `&${argument.place}`
    case 'load':
      return argument.place
  }
}
