import { type Arch, syscallNumber } from '../linux/syscalls.ts'
import type { LoggedCall } from '../runner/result.ts'
import { conditionsFor } from '../seccomp/decode/remedy.ts'
import { hasSeveralPurposes } from '../seccomp/rules/call-purposes.ts'
import { type SyscallGroup, syscallGroups } from '../seccomp/rules/groups.ts'
import type { SeccompCondition, SeccompRule } from '../seccomp/seccomp-policy.ts'

/**
 * Calls that no filter can check and that libraries do not need: the flags of clone3 are in memory, and no
 * filter sees the operations of io_uring. These calls fail during learning and under the learned policy.
 */
export const opaque: SeccompRule = { action: 'errno:ENOSYS', syscalls: ['clone3', '@io-uring'] }

/** Calls that the start, the end and a signal of any program need. */
const ALWAYS = ['execve', 'exit_group', 'restart_syscall', 'rt_sigreturn']

/**
 * Groups whose calls only read, write, wait and query. A policy allows such a group as a whole if the program
 * uses a large enough part of the group.
 */
const HARMLESS = new Set([
  ...['@io', '@file-system', '@memory', '@signal', '@sync', '@time', '@sched', '@resources'],
  ...['@identity', '@network', '@ipc'],
])
/** A group fits if the program makes at least this share of the group's calls, and at least FITTING_CALLS calls. */
const FITTING_SHARE = 1 / 4
const FITTING_CALLS = 3

/**
 * Each observed call, with `always` or with lists of conditions. A call is allowed if all conditions of one list are
 * true.
 */
type Needs = Map<string, 'always' | (readonly SeccompCondition[])[]>

function addNeed(needs: Needs, { name, args, arch }: LoggedCall): void {
  const machine: Arch = arch === 'aarch64' ? 'arm64' : 'x64'
  // A policy cannot name an unknown call, or a call of a 32-bit table.
  if (syscallNumber(name, machine) === undefined) return
  const known = needs.get(name) ?? []
  const registers = args.map((arg) => BigInt.asUintN(64, BigInt(arg)))
  // An entry without arguments stands for further calls, whose arguments the log did not record.
  const conditions = args.length === 0 ? [] : conditionsFor(name, machine, registers)
  if (conditions.length === 0 || known === 'always') {
    needs.set(name, 'always')
    return
  }
  const isNew = known.every((each) => JSON.stringify(each) !== JSON.stringify(conditions))
  needs.set(name, isNew ? [...known, conditions] : known)
}

function fits({ name, syscalls }: SyscallGroup, needs: Needs, arch: Arch): boolean {
  const there = syscalls.filter((each) => syscallNumber(each, arch) !== undefined)
  const used = there.filter((each) => needs.has(each)).length
  return HARMLESS.has(name) && used >= Math.max(FITTING_CALLS, there.length * FITTING_SHARE)
}

/**
 * The rules that allow these calls, and kill the program for every other known call. The rule for a call that has
 * several purposes has conditions. A group that fits replaces its calls.
 *
 * @param groups whether to use groups
 */
export function rulesThatAllow(
  calls: readonly LoggedCall[],
  { arch, groups }: { readonly arch: Arch; readonly groups: boolean },
): SeccompRule[] {
  const needs: Needs = new Map(ALWAYS.map((name) => [name, 'always']))
  for (const call of calls) addNeed(needs, call)
  const fitting = groups ? syscallGroups.filter((group) => fits(group, needs, arch)) : []
  const grouped = new Set(fitting.flatMap(({ syscalls }) => syscalls))
  const conditional = [...needs].flatMap(([name, need]) =>
    need === 'always'
      ? []
      : need.map((conditions): SeccompRule => ({ action: 'allow', syscalls: [name], conditions })),
  )
  const always = [...needs].flatMap(([name, need]) => (need === 'always' ? [name] : []))
  // A group must not allow a call that only some arguments make harmless.
  const rest = [...grouped].filter(
    (name) => hasSeveralPurposes(name) && needs.get(name) !== 'always',
  )
  const names = always.filter((name) => !grouped.has(name)).toSorted()
  return [
    opaque,
    ...conditional,
    ...(rest.length === 0 ? [] : [{ action: 'kill', syscalls: rest } as const]),
    { action: 'allow', syscalls: [...fitting.map(({ name }) => name), ...names] },
    { action: 'kill', syscalls: syscallGroups.map(({ name }) => name) },
  ]
}
