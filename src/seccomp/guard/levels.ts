import {
  F_NOTIFY,
  F_SETLEASE,
  F_SETOWN,
  F_SETOWN_EX,
  FS_IOC_FSSETXATTR,
  FS_IOC_SETFLAGS,
  O_TRUNC,
} from '../../linux/constants.ts'
import type { SeccompCondition, SeccompRule } from '../seccomp-policy.ts'
import { keyringRules } from './rules.ts'
import { WORD } from './with-rules.ts'

/*
 * The rules by which a filter replaces the protections that a weaker level of isolation lacks:
 * docs/isolation.md.
 */

const equals = (arg: number, value: number | string): SeccompCondition => ({ arg, op: 'eq', value })
const differs = (arg: number, value: number | string): SeccompCondition => ({
  arg,
  op: 'ne',
  value,
})
const masked = (arg: number, mask: number | string, value: number | string): SeccompCondition => ({
  arg,
  op: 'masked_eq',
  mask,
  value,
})

const deny = (
  errno: string,
  syscalls: readonly string[],
  ...conditions: readonly SeccompCondition[]
): SeccompRule => ({
  action: `errno:${errno}`,
  syscalls,
  ...(conditions.length === 0 ? {} : { conditions }),
})

const NAMESPACES = [
  'CLONE_NEWNS',
  'CLONE_NEWCGROUP',
  'CLONE_NEWUTS',
  'CLONE_NEWIPC',
  'CLONE_NEWUSER',
  'CLONE_NEWPID',
  'CLONE_NEWNET',
]

/**
 * Replaces max_user_namespaces, which cannot be written where /proc/sys is read-only. The flags of clone3(2)
 * are in memory; without clone3 the C library uses clone(2).
 */
export const withoutUserNamespaces: readonly SeccompRule[] = [
  deny('EPERM', ['clone'], masked(0, 'CLONE_NEWUSER', 'CLONE_NEWUSER')),
  deny('EPERM', ['unshare'], masked(0, 'CLONE_NEWUSER', 'CLONE_NEWUSER')),
  deny('ENOSYS', ['clone3']),
]

/** How a run without namespaces is separated. */
export interface Confinement {
  /** For root it is a private user, for a user a session. */
  readonly as: 'root' | 'user'
  readonly landlockAbi: number
  /** Whether the program can change the modes or times of a path that it is shown, by a descriptor. */
  readonly showsChangeable: boolean
}

/** Every rule of a run without namespaces. */
export function confinedRules({ as, landlockAbi, showsChangeable }: Confinement): SeccompRule[] {
  return [
    ...noNetwork,
    ...noSharedMemory,
    ...noExtendedAttributes,
    ...noWatching,
    ...noTimes,
    // A container may allow these calls, and the program could use the keys of an ordinary user (keyrings(7)).
    ...keyringRules,
    ...NAMESPACES.map((flag) => deny('EPERM', ['clone'], masked(0, flag, flag))),
    deny('EPERM', ['unshare', 'setns']),
    deny('ENOSYS', ['clone3', 'io_uring_setup', 'io_uring_enter', 'io_uring_register']),
    ...(landlockAbi < 3 ? noTruncation : []),
    ...(showsChangeable ? noChangesByDescriptor : []),
    ...(as === 'user' ? sameUser(landlockAbi) : []),
  ]
}

// A program can send to any address from a pair of datagram sockets (unix(7)), but not from a pair of another
// type.
const SOCK_TYPE_MASK = 0xf
const DATAGRAMS = [2, 3, 4] as const

const noNetwork: readonly SeccompRule[] = [
  { action: 'kill', syscalls: ['socket'], conditions: [equals(0, 'AF_INET')] },
  { action: 'kill', syscalls: ['socket'], conditions: [equals(0, 'AF_INET6')] },
  deny('EACCES', ['socket'], equals(0, 'AF_UNIX')),
  deny('EACCES', ['socket'], differs(0, 'AF_UNIX')),
  deny('EACCES', ['socketpair'], differs(0, 'AF_UNIX')),
  ...DATAGRAMS.map((type) => deny('EACCES', ['socketpair'], masked(1, SOCK_TYPE_MASK, type))),
  deny('EACCES', ['connect', 'bind', 'listen', 'accept', 'accept4']),
]

// These objects belong to the container and outlive the run.
const noSharedMemory: readonly SeccompRule[] = [
  deny('ENOSYS', ['shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semtimedop', 'semctl']),
  deny('ENOSYS', ['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink']),
]

// Landlock does not check extended attributes: any process that may read a file reads them by its path, and any process
// that may write to the file sets them.
const noExtendedAttributes: readonly SeccompRule[] = [
  deny('EOPNOTSUPP', [
    'getxattr',
    'lgetxattr',
    'getxattrat',
    'listxattr',
    'llistxattr',
    'listxattrat',
  ]),
  deny('EOPNOTSUPP', ['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat']),
  deny('EOPNOTSUPP', ['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat']),
]

// Landlock does not check inotify(7), which names each file that is made in a directory. The program may not list that
// directory.
const noWatching: readonly SeccompRule[] = [
  deny('ENOSYS', ['inotify_init', 'inotify_init1', 'fanotify_init']),
  deny('EINVAL', ['fcntl'], masked(1, WORD, F_NOTIFY)),
]

// Any process that may write to a file can set its times to the present (utimensat(2)), and Landlock does not check
// that. By descriptor it works only on files that the program could open.
const noTimes: readonly SeccompRule[] = [
  deny('EPERM', ['utime', 'utimes', 'futimesat']),
  deny('EPERM', ['utimensat'], { ...differs(1, 0), isNullTest: true }),
]

// Landlock lets a program that may read a file change its mode and times by a descriptor.
const noChangesByDescriptor: readonly SeccompRule[] = [deny('EPERM', ['fchmod', 'utimensat'])]

// Before ABI 3 Landlock does not check truncation by path. It checks a file when the program opens it for
// writing.
const O_ACCMODE_AND_TRUNC = 0o1003
const noTruncation: readonly SeccompRule[] = [
  deny('EPERM', ['truncate']),
  deny('EPERM', ['open'], masked(1, O_ACCMODE_AND_TRUNC, O_TRUNC)),
  deny('EPERM', ['openat'], masked(2, O_ACCMODE_AND_TRUNC, O_TRUNC)),
  deny('ENOSYS', ['openat2']),
]

/**
 * Calls about which the init decides. The kernel asks the init by a notification for each call that a rule with the
 * action `log` names.
 */
const signals = ['kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo'] as const
const forks = ['clone', 'fork', 'vfork'] as const
/**
 * linux/sched.h: CLONE_THREAD, because a thread ends with its process, and every CLONE_NEW flag of clone(2).
 */
const FORK_MASK = 0x10000 | 0x7e02_0000

const FIOSETOWN = 0x8901
const SIOCSPGRP = 0x8902
/** setpriority(2), ioprio_set(2): the value that means one process. */
const firstWhich = { setpriority: 0, ioprio_set: 1 } as const

/**
 * Keeps a program from the other processes and files of its own user. Landlock checks none of these, and
 * signals only from ABI 6 on.
 */
function sameUser(landlockAbi: number): SeccompRule[] {
  return [
    // No process may leave the session, because the session identifies a run's processes.
    deny('EPERM', ['setsid', 'pidfd_send_signal', 'truncate']),
    ...[F_SETOWN, F_SETOWN_EX, F_SETLEASE].map((command) =>
      deny('EPERM', ['fcntl'], masked(1, WORD, command)),
    ),
    ...[FIOSETOWN, SIOCSPGRP, FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR].map((request) =>
      deny('EPERM', ['ioctl'], masked(1, WORD, request)),
    ),
    deny(
      'EPERM',
      ['prlimit64', 'sched_setaffinity', 'sched_setattr', 'sched_setparam', 'sched_setscheduler'],
      differs(0, 0),
    ),
    ...Object.entries(firstWhich).flatMap(([name, which]) => [
      deny('EPERM', [name], differs(0, which)),
      deny('EPERM', [name], differs(1, 0)),
    ]),
    ...noAttributes,
    { action: 'log', syscalls: forks.slice(1) },
    // Only calls without namespace flags: the policy denies the others, or kills for them.
    { action: 'log', syscalls: ['clone'], conditions: [masked(0, FORK_MASK, 0)] },
    ...(landlockAbi < 6 ? [{ action: 'log', syscalls: signals } as const] : []),
  ]
}

// Denies changing owners, modes and attributes by path, which works on any file of the user. By descriptor it works
// only on files that the program could open.
const noAttributes: readonly SeccompRule[] = [
  deny('EPERM', ['chown', 'lchown', 'fchown', 'fchownat']),
  deny('EPERM', ['chmod', 'fchmodat', 'fchmodat2', 'file_setattr']),
]

/** The init's action for each call about which the kernel asks it. */
export const askedCalls = (landlockAbi: number): ReadonlyMap<string, 'continue' | 'signal'> =>
  new Map([
    ...forks.map((name) => [name, 'continue'] as const),
    ...(landlockAbi < 6 ? signals.map((name) => [name, 'signal'] as const) : []),
  ])
