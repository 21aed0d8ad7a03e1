import * as header from '../../linux/constants.ts'
import { bits } from '../../linux/names/bits.ts'

const constants: Readonly<Record<string, unknown>> = { ...header }

const namesWith = (prefix: string): string[] =>
  Object.keys(constants).filter((name) => name.startsWith(prefix))

function bitNames(value: number, names: readonly string[]): string {
  const table = new Map<number, string>()
  for (const name of names) {
    const bit = constants[name]
    if (typeof bit === 'number' && !table.has(bit)) table.set(bit, name)
  }
  return bits(BigInt(value >>> 0), table)
}

const ACCESS_MODE = 3
const SIGNAL_MASK = 0xff

/** mount(2): `MS_BIND|MS_REC`. */
export const mountFlags = (value: number): string => bitNames(value, namesWith('MS_'))

/** mount_setattr(2): `MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID`. */
export const mountAttributes = (value: number): string => bitNames(value, namesWith('MOUNT_ATTR_'))

/** The AT_ flags of path calls: `AT_EMPTY_PATH|AT_RECURSIVE`. */
export const atFlags = (value: number): string =>
  bitNames(
    value,
    namesWith('AT_').filter((name) => name !== 'AT_FDCWD'),
  )

/** clone(2): `CLONE_NEWNS|CLONE_NEWPID|SIGCHLD`. */
export function cloneFlags(value: number): string {
  const signal = value & SIGNAL_MASK
  const names = bitNames(value & ~SIGNAL_MASK, namesWith('CLONE_'))
  if (signal !== header.SIGCHLD) return names
  return names === '0' ? 'SIGCHLD' : `${names}|SIGCHLD`
}

// Two flags that differ by architecture. Their bits have no other use in steps.
const perArchitecture: readonly (readonly [string, number])[] = [
  ['O_DIRECTORY', header.O_DIRECTORY.x64 | header.O_DIRECTORY.arm64],
  ['O_NOFOLLOW', header.O_NOFOLLOW.x64 | header.O_NOFOLLOW.arm64],
]
const ofArchitecture = perArchitecture.reduce((bits, [, bit]) => bits | bit, 0)

/** open(2): `O_WRONLY|O_CREAT|O_CLOEXEC`. */
export function openFlags(value: number): string {
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][value & ACCESS_MODE] ?? '3'
  const names = namesWith('O_').filter((name) => !/^O_(RD|WR)/.test(name))
  const common = bitNames(value & ~ACCESS_MODE & ~ofArchitecture, names)
  return [
    access,
    ...(common === '0' ? [] : [common]),
    ...perArchitecture.filter(([, bit]) => value & bit).map(([n]) => n),
  ].join('|')
}

/** The names of bits among the constants of one prefix: `PROT_READ|PROT_WRITE`. */
export const flagNames = (value: number, prefix: string): string =>
  bitNames(value, namesWith(prefix))

/** The name of a number among the constants of one prefix: `RLIMIT_NPROC`, `PR_SET_DUMPABLE`. */
export function constantName(value: number, prefix: string, only?: RegExp): string {
  const names = namesWith(prefix).filter((name) => only?.test(name) ?? true)
  return names.find((name) => constants[name] === value) ?? String(value)
}
