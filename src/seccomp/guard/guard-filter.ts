import type { SandboxShape } from '../../launcher/sandbox-shape.ts'
import {
  AUDIT_ARCH,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  X32_SYSCALL_BIT,
} from '../../linux/constants.ts'
import { type Arch, syscallName } from '../../linux/syscalls.ts'
import {
  JEQ,
  JGE,
  LOAD,
  type MakeNode,
  type Node,
  nodeMaker,
  RETURN,
} from '../compiler/bpf-graph.ts'
import { choose, type Outcome } from '../compiler/choose-outcome.ts'
import { searched, write } from '../compiler/compact.ts'
import { decisions } from '../compiler/decisions.ts'
import { ownCallToken } from '../compiler/own-call-token.ts'
import { errnoNumber } from '../rules/errno-names.ts'
import type { SeccompRule } from '../seccomp-policy.ts'
import { foreignTables, SOCKETCALL } from './foreign-numbers.ts'
import { alwaysRules, sharedObjectRules, vsockRules } from './rules.ts'

/** Offsets in struct seccomp_data. */
const DATA = { nr: 0, arch: 4 } as const

/** The outcomes for each call number of one table. */
type Table = ReadonlyMap<number, readonly Outcome[]>

const errno = (name: string): number => SECCOMP_RET_ERRNO | (errnoNumber(name) ?? 0)

/**
 * Makes the filter for a policy without one: a BPF program as from `compileSeccomp()`, but without libseccomp. It
 * refuses the guard's calls, also under the numbers that 32-bit programs use, and allows all other calls. It refuses
 * every call of x32 programs, because their table has other numbers for some calls. No distribution has x32 programs.
 */
export function guardFilter(arch: Arch, network: SandboxShape['network']): Uint8Array {
  const make = nodeMaker()
  const foreign = foreignTables[arch]
  const [native, compatible] = tables(arch, network)
  const allow = make(RETURN, SECCOMP_RET_ALLOW, [])
  const noCall = make(RETURN, errno('ENOSYS'), [])
  const byArch = (audit: number, yes: Node, no: Node) => make(JEQ, audit, [yes, no])
  const isX32 = (no: Node) =>
    arch === 'x64' ? make(LOAD, DATA.nr, [make(JGE, X32_SYSCALL_BIT, [noCall, no])]) : no
  return write(
    make(LOAD, DATA.arch, [
      byArch(
        AUDIT_ARCH[arch],
        isX32(byNumber(native, make)),
        byArch(foreign.audit, byNumber(compatible, make), allow),
      ),
    ]),
  )
}

function tables(arch: Arch, network: SandboxShape['network']): [native: Table, foreign: Table] {
  const isOwn = network !== 'host'
  const rules = [...alwaysRules, ...sharedObjectRules, ...(isOwn ? vsockRules : [])]
  const { numbers, hasSocketcall } = foreignTables[arch]
  const native = outcomesByNumber(rules, arch)
  // x64 has every call of the guard. arm64 has some of them only in the table of 32-bit programs.
  const foreign = [...outcomesByNumber(rules, 'x64')].flatMap(([syscall, outcomes]) =>
    (numbers[syscallName(syscall, 'x64') ?? ''] ?? []).map((number) => [number, outcomes] as const),
  )
  const noSocketcall = [SOCKETCALL, [{ value: errno('ENOSYS'), tests: [] }]] as const
  return [native, new Map([...foreign, ...(isOwn && hasSocketcall ? [noSocketcall] : [])])]
}

function outcomesByNumber(rules: readonly SeccompRule[], arch: Arch): Table {
  const own = { calls: ['sched_setaffinity'], token: ownCallToken }
  return new Map(
    decisions({ default: 'allow', rules }, arch, own).map(({ syscall, choices }) => [
      syscall,
      choices.map(({ action, tests }) => ({
        value: action === 'allow' ? SECCOMP_RET_ALLOW : errno(action.slice('errno:'.length)),
        tests,
      })),
    ]),
  )
}

function byNumber(table: Table, make: MakeNode): Node {
  const first = [...table].reduce(
    (otherwise, [number, outcomes]) => make(JEQ, number, [choose(outcomes, make), otherwise]),
    make(RETURN, SECCOMP_RET_ALLOW, []),
  )
  return searched(make(LOAD, DATA.nr, [first]), make)
}
