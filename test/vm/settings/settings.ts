import { diagnosis } from './judge.ts'
import type { Expectations, Setting } from './setting.ts'

const both = (expectations: Expectations) => ({ root: expectations, user: expectations })
const asUsual = both({})

const held = {
  cpu: 'works, held by cgroup',
  memory: 'works, held by cgroup',
  processes: 'works, held by cgroup',
}
const byCgroup = {
  root: { ...held, doctor: diagnosis('enforceable, read-write weaker') },
  user: { ...held, doctor: 'finds strict enforceable' },
}

/**
 * No namespaces can be made, so only the level `confined` works.
 *
 * @param fix doctor's fix on a machine
 */
const noNamespaces = (saying: string, fix = saying): Expectations => ({
  all: { throws: 'NAMESPACES_UNAVAILABLE', saying: [saying] },
  levels: 'works at confined only',
  doctor: diagnosis('not enforceable, cgroup weaker, namespaces fails', `namespaces: ${fix}`),
})

const DOCKER = 'Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined'
const NO_MEMFD = 'sudo sysctl -w vm.memfd_noexec=0 (or 1), or a TMPDIR that is not mounted noexec'

/** The settings, in the order in which they are tried: the most informative ones first, because the time may end. */
export const settings: readonly Setting[] = [
  {
    name: 'no overlayfs',
    kernel: '6.1',
    overlay: false,
    expect: {
      root: { doctor: diagnosis('enforceable, cgroup weaker, overlay weaker, read-write weaker') },
      user: { doctor: diagnosis('enforceable, cgroup weaker, overlay weaker') },
    },
  },
  {
    name: 'as installed',
    kernel: '6.1',
    expect: asUsual,
  },
  {
    name: 'cgroup v2, delegated by systemd',
    kernel: '6.1',
    setup: 'join user.slice/grader-$USER.scope; delegate',
    expect: byCgroup,
  },
  {
    name: 'cgroup v2, in a cgroup namespace',
    kernel: '6.1',
    setup: 'join machine.slice/container-$USER.scope; delegate_files; enter_cgroup_namespace',
    expect: byCgroup,
  },
  {
    name: 'no cgroup v2',
    kernel: '6.1',
    for: ['user'],
    setup: 'umount -l /sys/fs/cgroup',
    expect: asUsual,
  },
  {
    name: 'user.max_user_namespaces=0',
    kernel: '6.1',
    setup: 'echo 0 > /proc/sys/user/max_user_namespaces',
    restore: 'echo 10000 > /proc/sys/user/max_user_namespaces',
    expect: both(noNamespaces('sudo sysctl -w user.max_user_namespaces=15000')),
  },
  {
    name: 'kernel.unprivileged_userns_clone=0',
    kernel: '6.1',
    setup: 'echo 0 > /proc/sys/kernel/unprivileged_userns_clone',
    restore: 'echo 1 > /proc/sys/kernel/unprivileged_userns_clone',
    expect: both(noNamespaces('sudo sysctl -w kernel.unprivileged_userns_clone=1')),
  },
  {
    name: 'masked /proc',
    kernel: '6.1',
    setup: 'mask_proc',
    expect: {
      root: {},
      user: {
        ...noNamespaces(
          '--security-opt systempaths=unconfined',
          'mount -o remount,bind,rw /proc/sys',
        ),
        levels: 'works at nested and confined only',
      },
    },
  },
  {
    name: '/proc with hidepid=2',
    kernel: '6.1',
    for: ['user'],
    setup: 'mount -t proc -o hidepid=2 proc /proc',
    expect: asUsual,
  },
  {
    name: 'noexec /tmp',
    kernel: '6.1',
    for: ['user'],
    setup: 'mount -o remount,noexec,nosuid,nodev /tmp',
    restore: 'mount -o remount,exec /tmp',
    expect: asUsual,
  },
  {
    name: 'read-only root file system',
    kernel: '6.1',
    setup: 'mount --bind /var/grading /var/grading; mount -o remount,bind,ro /',
    expect: asUsual,
  },
  {
    name: 'no libseccomp',
    kernel: '6.1',
    for: ['user'],
    setup: 'mount --bind /dev/null "$(readlink -f /lib/*/libseccomp.so.2)"',
    expect: both({
      all: {
        throws: 'SECCOMP_UNAVAILABLE',
        saying: ['Install libseccomp 2.5 or newer: libseccomp2'],
      },
      // The policy of this feature has no filter.
      start: 'works',
      confinement: 'works',
      network: 'works',
      levels: 'none works',
      doctor: diagnosis(
        'not enforceable, libseccomp fails, cgroup weaker, seccomp fails, policy-strict fails',
        'libseccomp: apt-get install libseccomp2',
      ),
    }),
  },
  {
    name: 'no user notification (as before Linux 5.0)',
    kernel: '6.1',
    for: ['user'],
    within: 'with-filter no-listener',
    expect: both({
      filter: 'works, but the call is not named',
      levels: 'works at full and nested only',
      doctor: diagnosis('enforceable, cgroup weaker, seccomp weaker'),
    }),
  },
  {
    name: 'container without namespaces (Docker’s default)',
    kernel: '6.1',
    setup: 'mask_proc; drop_capabilities',
    within: 'with-filter container',
    expect: both(
      noNamespaces(DOCKER, 'a service manager or an outer sandbox restricts this process'),
    ),
  },
  {
    name: 'in bubblewrap',
    kernel: '6.1',
    within: 'bwrap --bind / / --dev-bind /dev /dev --proc /proc --unshare-pid --',
    expect: asUsual,
  },
  {
    name: 'in Gradebox',
    kernel: '6.1',
    for: ['user'],
    within: 'node /gradebox/test/vm/guest/nest.js',
    expect: both({
      ...noNamespaces('User namespaces are off', 'sudo sysctl -w user.max_user_namespaces=15000'),
      // The outer sandbox's filter knows no openat2(2), so no directory can be looked up.
      copyOnWrite: { throws: 'MOUNT_FAILED', saying: ['openat2(2): ENOSYS'] },
      readWrite: { throws: 'MOUNT_FAILED', saying: ['openat2(2): ENOSYS'] },
      levels: 'none works',
    }),
  },
  {
    name: 'as installed',
    kernel: '6.12',
    expect: asUsual,
  },
  {
    name: 'vm.memfd_noexec=2',
    kernel: '6.12',
    setup: 'echo 2 > /proc/sys/vm/memfd_noexec',
    restore: 'echo 0 > /proc/sys/vm/memfd_noexec',
    expect: both({
      doctor: diagnosis('enforceable, memfd weaker, cgroup weaker', `memfd: ${NO_MEMFD}`),
    }),
  },
  {
    name: 'vm.memfd_noexec=2 and noexec /tmp',
    kernel: '6.12',
    for: ['user'],
    setup: 'echo 2 > /proc/sys/vm/memfd_noexec; mount -o remount,noexec,nosuid,nodev /tmp',
    restore: 'echo 0 > /proc/sys/vm/memfd_noexec',
    expect: both({
      all: { throws: 'SETUP_FAILED', saying: ['set TMPDIR to one that is not'] },
      levels: 'none works',
      doctor: diagnosis('not enforceable, memfd fails, cgroup weaker', `memfd: ${NO_MEMFD}`),
    }),
  },
  {
    name: 'as installed',
    kernel: '5.10',
    expect: {
      root: {
        readWrite: { throws: 'MOUNT_FAILED', saying: ['an idmapped mount'] },
        levels: 'works at full only',
        doctor: diagnosis(
          'enforceable, kernel weaker, cgroup weaker, read-write weaker',
          'kernel: upgrade to Linux 5.14',
        ),
      },
      user: {
        processes: 'works, held by rlimit, for the user on the whole machine',
        levels: 'works at full only',
        doctor: diagnosis(
          'enforceable, kernel weaker, cgroup weaker, overlay weaker',
          'kernel: upgrade to Linux 5.14',
        ),
      },
    },
  },
]
