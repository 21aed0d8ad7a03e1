import type { Fixes } from './finding.ts'
import { namespaceFixes } from './fixes.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Finds out why the kernel refuses to make namespaces for this process, and how to fix the cause.
 *
 * @param sysctl takes the path of a setting below /proc/sys and returns the value; empty if there is no such setting
 */
export function namespaceCause(
  { filtered, appArmor }: Surroundings,
  sysctl: (path: string) => string,
): { readonly cause: string; readonly fixes: Fixes } {
  if (sysctl('user/max_user_namespaces') === '0') {
    return { cause: 'user.max_user_namespaces is 0', fixes: namespaceFixes.maxUserNamespaces }
  }
  if (sysctl('kernel/unprivileged_userns_clone') === '0') {
    return { cause: 'kernel.unprivileged_userns_clone is 0', fixes: namespaceFixes.usernsClone }
  }
  if (sysctl('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    const cause = 'kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 23.10 and later)'
    return { cause, fixes: namespaceFixes.appArmor }
  }
  const confined = [
    ...(filtered ? ['a seccomp filter'] : []),
    ...(appArmor === undefined ? [] : [`the AppArmor profile ${appArmor}`]),
  ]
  const cause = confined.length === 0 ? 'the kernel refuses it' : `under ${confined.join(' and ')}`
  return { cause, fixes: namespaceFixes.container }
}
