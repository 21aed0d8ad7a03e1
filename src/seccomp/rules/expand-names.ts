import { unknownName } from '../../errors/problem.ts'
import { type Arch, isSyscallName, syscallNames, syscallNumber } from '../../linux/syscalls.ts'
import { syscallGroup, syscallGroups } from './groups.ts'

/** What is wrong with the name of a call or group in a rule; `undefined` when nothing is. */
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
 * The calls that names and groups stand for on one machine. Calls that only other machines have
 * are left out; so are unknown names, which `nameProblem()` tells of.
 */
export function expandNames(names: readonly string[], arch: Arch): ReadonlySet<string> {
  const expanded = names.flatMap((name) => syscallGroup(name)?.syscalls ?? [name])
  return new Set(expanded.filter((name) => syscallNumber(name, arch) !== undefined))
}
