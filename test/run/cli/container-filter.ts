/**
 * What a container without capabilities is denied by Docker's default seccomp profile, of calls that
 * the kernel of these tests knows: those for CAP_SYS_ADMIN, and those that are in no list.
 */
export const deniedByDefault: readonly string[] = [
  'bpf',
  'clone',
  'fanotify_init',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fspick',
  'mount',
  'mount_setattr',
  'move_mount',
  'open_tree',
  'perf_event_open',
  'quotactl',
  'setdomainname',
  'sethostname',
  'setns',
  'umount2',
  'unshare',
  'pivot_root',
  'keyctl',
  'add_key',
  'request_key',
  'userfaultfd',
  'swapon',
  'swapoff',
]

/** What docs/containers.md adds to that profile; a test compares them. */
export const addedInContainers: readonly string[] = [
  'clone',
  'mount',
  'mount_setattr',
  'move_mount',
  'open_tree',
  'pivot_root',
  'sethostname',
  'setns',
  'umount2',
  'unshare',
]
