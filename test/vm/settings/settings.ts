import type { Expectations, Setting } from './setting.ts'

const both = (expectations: Expectations) => ({ root: expectations, user: expectations })
const asUsual = both({})

const byCgroup = both({
  cpu: 'works, held by cgroup',
  memory: 'works, held by cgroup',
  processes: 'works, held by cgroup',
})

const noNamespaces = (saying: string): Expectations => ({
  all: { throws: 'NAMESPACES_UNAVAILABLE', saying },
})

/** The settings, in the order in which they are tried: of those that must not take too long, the most telling first. */
export const settings: readonly Setting[] = [
  {
    name: 'no overlayfs',
    kernel: '6.1',
    overlay: false,
    expect: asUsual,
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
    expect: { root: {}, user: noNamespaces('--security-opt systempaths=unconfined') },
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
        saying: 'Install libseccomp 2.5 or newer: libseccomp2',
      },
      // Under a policy without a filter.
      start: 'works',
      confinement: 'works',
      network: 'works',
    }),
  },
  {
    name: 'no user notification (as before Linux 5.0)',
    kernel: '6.1',
    for: ['user'],
    within: 'with-filter no-listener',
    expect: both({ filter: 'works, but the call is not named' }),
  },
  {
    name: 'container without namespaces (Docker’s default)',
    kernel: '6.1',
    setup: 'mask_proc; drop_capabilities',
    within: 'with-filter container',
    expect: both(noNamespaces('--cap-add SYS_ADMIN --security-opt seccomp=unconfined')),
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
    expect: both(noNamespaces('User namespaces are off')),
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
    expect: asUsual,
  },
  {
    name: 'vm.memfd_noexec=2 and noexec /tmp',
    kernel: '6.12',
    for: ['user'],
    setup: 'echo 2 > /proc/sys/vm/memfd_noexec; mount -o remount,noexec,nosuid,nodev /tmp',
    restore: 'echo 0 > /proc/sys/vm/memfd_noexec',
    expect: both({ all: { throws: 'SETUP_FAILED', saying: 'set TMPDIR to one that is not' } }),
  },
  {
    name: 'as installed',
    kernel: '5.10',
    expect: {
      root: { readWrite: { throws: 'MOUNT_FAILED', saying: 'an idmapped mount' } },
      user: { processes: 'works, held by rlimit, of the user on the machine' },
    },
  },
]
