import { expect, test } from 'vitest'
import { namespaceCause } from '../../../src/doctor/namespace-cause.ts'
import type { Surroundings } from '../../../src/doctor/surroundings.ts'

const user: Surroundings = {
  environments: ['machine'],
  filtered: false,
  appArmor: undefined,
  isRoot: false,
}
const root: Surroundings = { ...user, isRoot: true }

const cause = (around: Surroundings, settings: Readonly<Record<string, string>> = {}) =>
  namespaceCause(around, (path) => settings[path] ?? '')

test.each([
  [user, { 'user/max_user_namespaces': '0' }, 'user.max_user_namespaces is 0'],
  [user, { 'kernel/unprivileged_userns_clone': '0' }, 'kernel.unprivileged_userns_clone is 0'],
  [
    user,
    { 'kernel/apparmor_restrict_unprivileged_userns': '1' },
    'kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 23.10 and later)',
  ],
  [
    { ...user, filtered: true, appArmor: 'docker-default (enforce)' },
    { 'user/max_user_namespaces': '9999' },
    'under a seccomp filter and the AppArmor profile docker-default (enforce)',
  ],
  [root, { 'kernel/unprivileged_userns_clone': '0' }, 'kernel.unprivileged_userns_clone is 0'],
  [root, {}, 'the kernel refuses it'],
] as const)('%o with %o: %s', (around, settings, expected) => {
  expect(cause(around, settings).cause).toBe(expected)
})

test('the fix of a setting is on the host, the fix of a container’s profile is a flag', () => {
  const ubuntu = cause(user, { 'kernel/apparmor_restrict_unprivileged_userns': '1' })
  expect(ubuntu.fixes).toEqual({
    machine: 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    docker: 'on the host: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    podman: 'on the host: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    kubernetes: 'on the node: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    'github-actions':
      'a step before the tests: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    'gitlab-ci':
      "on the runner's host: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  })
  expect(cause({ ...user, filtered: true }).fixes.docker).toBe(
    'docker run --user 1000:1000 --security-opt seccomp=gradebox-seccomp.json --security-opt apparmor=unconfined --security-opt systempaths=unconfined',
  )
})
