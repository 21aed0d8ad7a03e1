import type { ContainerSettings } from './flags.ts'

/*
 * A container as `docker run` makes it, as the OCI runtime's config.json: github.com/opencontainers/runtime-spec.
 * The capabilities, mounts and masked paths are those that Docker 20.10 gives to runc.
 */

const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID'],
  ...['SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
]
const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/kcore', '/proc/keys', '/proc/latency_stats'],
  ...['/proc/sched_debug', '/proc/scsi', '/proc/timer_list', '/proc/timer_stats', '/sys/firmware'],
]
const READ_ONLY = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`)
const NAMESPACES = ['mount', 'network', 'uts', 'pid', 'ipc']

const STRICT = ['nosuid', 'noexec', 'nodev']
const mount = (destination: string, type: string, options: readonly string[]) => ({
  destination,
  type,
  source: type,
  options,
})
const systemMounts = [
  mount('/proc', 'proc', STRICT),
  mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
  mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
  mount('/sys', 'sysfs', [...STRICT, 'ro']),
  mount('/sys/fs/cgroup', 'cgroup', [...STRICT, 'ro']),
  mount('/dev/mqueue', 'mqueue', STRICT),
  mount('/dev/shm', 'tmpfs', [...STRICT, 'mode=1777', 'size=65536k']),
]

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Capabilities in the bounding set, with `CAP_`. */
export const capabilitiesOf = ({ added, dropsAll }: ContainerSettings): string[] =>
  [...(dropsAll ? [] : CAPABILITIES), ...added].map((name) => `CAP_${name}`)

interface Place {
  readonly root: string
  readonly cgroupsPath: string
  readonly args: readonly string[]
  /** The filter, in the runtime's own form. */
  readonly seccomp: object | undefined
}

/** The content of config.json. */
export function ociSpec(settings: ContainerSettings, { root, cgroupsPath, args, seccomp }: Place) {
  const { uid, gid, env, mounts, noNewPrivileges, showsSystemPaths, firstHostId } = settings
  const capabilities = capabilitiesOf(settings)
  const effective = uid === 0 ? capabilities : []
  const home = uid === 0 ? '/root' : '/home/student'
  const ids = [{ containerID: 0, hostID: firstHostId, size: 65_536 }]
  const ownIds = firstHostId !== undefined
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid, gid },
      args,
      env: [`PATH=${PATH}`, `HOME=${home}`, ...env],
      cwd: '/',
      capabilities: { bounding: capabilities, effective, permitted: effective },
      noNewPrivileges,
    },
    root: { path: root },
    hostname: 'container',
    mounts: [
      ...systemMounts,
      ...mounts.map(({ source, target, isReadOnly }) => ({
        ...{ destination: target, type: 'bind', source },
        options: ['rbind', isReadOnly ? 'ro' : 'rw'],
      })),
    ],
    linux: {
      maskedPaths: showsSystemPaths ? [] : MASKED,
      readonlyPaths: showsSystemPaths ? [] : READ_ONLY,
      cgroupsPath,
      namespaces: [...NAMESPACES, ...(ownIds ? ['user'] : [])].map((type) => ({ type })),
      ...(ownIds ? { uidMappings: ids, gidMappings: ids } : {}),
      ...(seccomp === undefined ? {} : { seccomp }),
    },
  }
}
