import { MAP_PRIVATE, MAP_SHARED } from './constants.ts'
import * as choices from './names/choices.ts'
import * as flags from './names/flags.ts'
import { names } from './names/names.ts'

// Constants that no table in names/ contains.
const others = [
  names('PROT_NONE=0'),
  new Map([
    [MAP_SHARED, 'MAP_SHARED'],
    [MAP_PRIVATE, 'MAP_PRIVATE'],
  ]),
  names('O_WRONLY O_RDWR O_ACCMODE=3'),
  names('S_IFMT S_ISUID=0x800 S_ISGID=0x400'),
]

// Constants that a policy's conditions may name in addition to the tables below. Each constant has the same value on
// x86-64 and arm64. The list leaves out constants that differ, such as O_DIRECTORY.
const picked = `
  PER_LINUX PER_LINUX32 UNAME26 ADDR_NO_RANDOMIZE PROT_NONE PROT_READ PROT_WRITE PROT_EXEC
  MAP_SHARED MAP_PRIVATE MAP_FIXED MAP_ANONYMOUS MAP_LOCKED MAP_NORESERVE MAP_HUGETLB O_WRONLY
  O_RDWR O_ACCMODE O_CREAT O_EXCL O_TRUNC O_APPEND O_NONBLOCK O_CLOEXEC O_PATH S_IFMT S_IFREG
  S_IFBLK S_IFCHR S_IFIFO S_IFSOCK S_ISUID S_ISGID
`

const whole = [
  choices.socketDomains,
  flags.socketTypes,
  flags.cloneFlags,
  choices.ioctlRequests,
  choices.prctlOptions,
  choices.archPrctlOptions,
  choices.ptraceRequests,
  choices.bpfCommands,
  choices.keyctlOperations,
  choices.fcntlCommands,
  choices.madviseAdvice,
  choices.seccompOperations,
]
const partly = [
  flags.personalities,
  flags.protections,
  flags.mapFlags,
  flags.openFlags,
  choices.fileTypes,
  ...others,
]
const byName = (tables: readonly ReadonlyMap<number, string>[]): Map<string, number> =>
  new Map(tables.flatMap((table) => [...table].map(([value, name]) => [name, value] as const)))

const values = byName(whole)
const pickable = byName(partly)
for (const name of picked.trim().split(/\s+/)) define(name, pickable.get(name))
// Second names.
define('AF_LOCAL', values.get('AF_UNIX'))
define('AF_ROUTE', values.get('AF_NETLINK'))

function define(name: string, value: number | undefined): void {
  if (value === undefined) throw new RangeError(`There is no constant ${name}`)
  values.set(name, value)
}

/** The value of a kernel constant that a seccomp condition names, such as `AF_UNIX`. */
export function seccompConstant(name: string): number | undefined {
  return values.get(name)
}

/** Every constant that a seccomp condition may name. */
export function seccompConstantNames(): readonly string[] {
  return [...values.keys()]
}
