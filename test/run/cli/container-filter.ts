/**
 * The calls that Docker's default seccomp profile denies to a container without capabilities, as far as the kernel of
 * these tests knows them: those that need CAP_SYS_ADMIN, and those that are in no list of the profile.
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

/** The calls that docs/containers.md adds to that profile; a test compares both. */
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
