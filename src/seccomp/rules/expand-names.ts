import { unknownName } from '../../errors/problem.ts'
import { type Arch, isSyscallName, syscallNames, syscallNumber } from '../../linux/syscalls.ts'
import { syscallGroup, syscallGroups } from './groups.ts'

/** The problem of a call's or group's name in a rule; `undefined` for a valid name. */
export function nameProblem(name: string): string | undefined {
  if (name.startsWith('@')) {
    if (syscallGroup(name) !== undefined) return undefined
    const groups = syscallGroups.map((group) => group.name)
    return unknownName('group', name, groups)
  }
  if (isSyscallName(name)) return undefined
  const known = new Set([...syscallNames('x64'), ...syscallNames('arm64')])
  return unknownName('system call', name, [...known])
}

/**
 * Expands names and groups to the calls of one machine. The function omits calls that only other machines have, and
 * unknown names. `nameProblem()` reports the unknown names.
 */
export function expandNames(names: readonly string[], arch: Arch): ReadonlySet<string> {
  const expanded = names.flatMap((name) => syscallGroup(name)?.syscalls ?? [name])
  return new Set(expanded.filter((name) => syscallNumber(name, arch) !== undefined))
}
