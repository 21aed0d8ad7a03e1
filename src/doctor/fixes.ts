import type { Fixes } from './finding.ts'

// docs/containers.md explains each fix, and how to make gradebox-seccomp.json.
const DOCKER = [
  '--user 1000:1000',
  '--security-opt seccomp=gradebox-seccomp.json',
  '--security-opt apparmor=unconfined',
  '--security-opt systempaths=unconfined',
].join(' ')
const PODMAN =
  '--user 1000:1000 --security-opt seccomp=gradebox-seccomp.json --security-opt unmask=ALL'

const container: Fixes = {
  docker: `docker run ${DOCKER}`,
  podman: `podman run ${PODMAN} (with SELinux also --security-opt label=disable)`,
  kubernetes:
    'pod: hostUsers: false; container: securityContext: { runAsUser: 1000, procMount: Unmasked, seccompProfile: { type: Localhost, localhostProfile: gradebox-seccomp.json }, appArmorProfile: { type: Unconfined } }',
  'github-actions': `a job with a container: its options: ${DOCKER}; on the runner itself: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`,
  'gitlab-ci':
    'the shell executor, or in [runners.docker]: cap_add = ["SYS_ADMIN", "NET_ADMIN"] and security_opt = ["seccomp=unconfined", "apparmor=unconfined"]',
}

/** A kernel setting, which containers share with their host. */
const setting = (name: string): Fixes => {
  const command = `sudo sysctl -w ${name}`
  const onHost = `on the host: ${command}`
  return {
    machine: command,
    docker: onHost,
    podman: onHost,
    kubernetes: `on the node: ${command}`,
    'github-actions': `a step before the tests: ${command}`,
    'gitlab-ci': `on the runner's host: ${command}`,
  }
}

/** The fixes for each obstacle to making namespaces. */
export const namespaceFixes = {
  maxUserNamespaces: setting('user.max_user_namespaces=15000'),
  usernsClone: setting('kernel.unprivileged_userns_clone=1'),
  appArmor: setting('kernel.apparmor_restrict_unprivileged_userns=0'),
  container: {
    ...container,
    machine:
      'a service manager or an outer sandbox restricts this process: let it make namespaces (systemd: RestrictNamespaces=no, and no SystemCallFilter of @mount)',
  },
} as const satisfies Record<string, Fixes>

/**
 * The fixes for a read-only /proc/sys. A sandbox then cannot forbid the program to make user namespaces, even with
 * proc = "none".
 */
export const readOnlySysctlFixes: Fixes = {
  machine: 'mount -o remount,bind,rw /proc/sys, and umount what else covers parts of /proc',
  docker: '--security-opt systempaths=unconfined',
  podman: '--security-opt unmask=ALL',
  kubernetes: 'securityContext: { procMount: Unmasked } and hostUsers: false',
  'github-actions': 'a job with a container: options: --security-opt systempaths=unconfined',
  'gitlab-ci': 'the shell executor, or cap_add = ["SYS_ADMIN", "NET_ADMIN"]',
}

/** The fixes for a masked /proc: the kernel then refuses to mount a new one in a user namespace. */
export const procFixes: Fixes = {
  machine:
    'umount what covers parts of /proc, or, where /proc/sys is writable, use a policy with proc = "none"',
  docker: '--security-opt systempaths=unconfined',
  podman: '--security-opt unmask=ALL',
  kubernetes: 'securityContext: { procMount: Unmasked } and hostUsers: false',
  'github-actions': 'a job with a container: options: --security-opt systempaths=unconfined',
  'gitlab-ci':
    'the shell executor, or cap_add = ["SYS_ADMIN", "NET_ADMIN"] (the runner cannot unmask /proc)',
}

export const libseccompFixes: Fixes = {
  machine: 'apt-get install libseccomp2, dnf install libseccomp, or apk add libseccomp',
}

export const landlockFixes: Fixes = {
  machine:
    'Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK, and landlock among the modules of the kernel parameter lsm=',
}

export const kernelFixes: Fixes = { machine: 'upgrade to Linux 5.9 or newer' }

export const olderKernelFixes: Fixes = { machine: 'upgrade to Linux 5.14 or newer' }

export const memfdFixes: Fixes = {
  machine: 'sudo sysctl -w vm.memfd_noexec=0 (or 1), or a TMPDIR that is not mounted noexec',
}

export const cgroupFixes: Fixes = {
  machine: 'systemd-run --user --scope -p Delegate=yes COMMAND, on a system with cgroup v2',
  docker: '--cgroupns=private, and a cgroup file system that is writable in the container',
  podman: '--cgroups=enabled --cgroupns=private -v /sys/fs/cgroup:/sys/fs/cgroup:rw',
}
