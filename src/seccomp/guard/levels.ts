import {
  F_SETLEASE,
  F_SETOWN,
  F_SETOWN_EX,
  FS_IOC_FSSETXATTR,
  FS_IOC_SETFLAGS,
  O_TRUNC,
} from '../../linux/constants.ts'
import type { SeccompCondition, SeccompRule } from '../seccomp-policy.ts'
import { sharedObjectRules } from './rules.ts'
import { WORD } from './with-rules.ts'

/*
 * A weaker level of isolation lacks protections of the level `full` (docs/isolation.md). These rules of the filter
 * replace the missing protections.
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
 * Replaces max_user_namespaces, which nobody can write where /proc/sys is read-only. The flags of clone3(2) are in
 * memory, where no filter can read them. If clone3 fails, the C library uses clone(2).
 */
export const withoutUserNamespaces: readonly SeccompRule[] = [
  deny('EPERM', ['clone'], masked(0, 'CLONE_NEWUSER', 'CLONE_NEWUSER')),
  deny('EPERM', ['unshare'], masked(0, 'CLONE_NEWUSER', 'CLONE_NEWUSER')),
  deny('ENOSYS', ['clone3']),
]

/** The separation of a run without namespaces. */
export interface Confinement {
  /** As root, each run has a user of its own. As an ordinary user, each run has a session of its own. */
  readonly as: 'root' | 'user'
  readonly landlockAbi: number
  /** Whether the sandbox shows a path whose mode or times the program can change by a descriptor. */
  readonly showsChangeable: boolean
}

/** Every rule of a run without namespaces. */
export function confinedRules({ as, landlockAbi, showsChangeable }: Confinement): SeccompRule[] {
  return [
    ...noNetwork,
    ...noSharedMemory,
    ...noExtendedAttributes,
    ...noTimes,
    // A container may allow these calls. The program could then use the user's keys (keyrings(7)), and watch
    // directories that it may not list: Landlock does not check inotify(7).
    ...sharedObjectRules,
    ...NAMESPACES.map((flag) => deny('EPERM', ['clone'], masked(0, flag, flag))),
    deny('EPERM', ['unshare', 'setns']),
    deny('ENOSYS', ['clone3', 'io_uring_setup', 'io_uring_enter', 'io_uring_register']),
    ...(landlockAbi < 3 ? noTruncation : []),
    ...(showsChangeable ? noChangesByDescriptor : []),
    ...(as === 'user' ? sameUser(landlockAbi) : []),
  ]
}

// From a pair of datagram sockets, a program can send to any address (unix(7)). From a pair of another type, no program
// can.
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

// Shared memory, semaphores and message queues belong to the container and outlive the run.
const noSharedMemory: readonly SeccompRule[] = [
  deny('ENOSYS', ['shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semtimedop', 'semctl']),
  deny('ENOSYS', ['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink']),
]

// Landlock does not check extended attributes. A process that may read a file can read the file's attributes by the
// path. A process that may write to the file can set these attributes.
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

// A process that may write to a file can set the file's times to the present (utimensat(2)), and Landlock does not
// check this change. The rules allow the change by a descriptor, because Landlock has checked the call that opened the
// file.
const noTimes: readonly SeccompRule[] = [
  deny('EPERM', ['utime', 'utimes', 'futimesat']),
  deny('EPERM', ['utimensat'], { ...differs(1, 0), isNullTest: true }),
]

// Under Landlock, a program that may read a file can change its mode and times by a descriptor.
const noChangesByDescriptor: readonly SeccompRule[] = [deny('EPERM', ['fchmod', 'utimensat'])]

// Before ABI 3, Landlock does not check truncation by a path. Landlock then checks only whether a program may open the
// file for writing.
const O_ACCMODE_AND_TRUNC = 0o1003
const noTruncation: readonly SeccompRule[] = [
  deny('EPERM', ['truncate']),
  deny('EPERM', ['open'], masked(1, O_ACCMODE_AND_TRUNC, O_TRUNC)),
  deny('EPERM', ['openat'], masked(2, O_ACCMODE_AND_TRUNC, O_TRUNC)),
  deny('ENOSYS', ['openat2']),
]

/**
 * The calls that the init decides about. The kernel sends the init a notification for each call that a rule with the
 * action `log` names.
 */
const signals = ['kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo'] as const
const forks = ['clone', 'fork', 'vfork'] as const
/**
 * linux/sched.h: CLONE_THREAD, and every CLONE_NEW flag of clone(2). The init need not decide about a thread, because a
 * thread ends with its process.
 */
const FORK_MASK = 0x10000 | 0x7e02_0000

const FIOSETOWN = 0x8901
const SIOCSPGRP = 0x8902
/** setpriority(2), ioprio_set(2): the value that means one process. */
const firstWhich = { setpriority: 0, ioprio_set: 1 } as const

/**
 * Keeps a program from the other processes and files of its own user. Landlock checks none of these calls, except
 * signals from ABI 6 on.
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
    // The init decides only about calls without namespace flags. Other rules deny the calls with such flags.
    { action: 'log', syscalls: ['clone'], conditions: [masked(0, FORK_MASK, 0)] },
    ...(landlockAbi < 6 ? [{ action: 'log', syscalls: signals } as const] : []),
  ]
}

// Denies changes of owners, modes and attributes by a path, because such changes work on any file of the user. Changes
// by a descriptor work only on files that the program could open.
const noAttributes: readonly SeccompRule[] = [
  deny('EPERM', ['chown', 'lchown', 'fchown', 'fchownat']),
  deny('EPERM', ['chmod', 'fchmodat', 'fchmodat2', 'file_setattr']),
]

/** The init's action for each call that it decides about. */
export const askedCalls = (landlockAbi: number): ReadonlyMap<string, 'continue' | 'signal'> =>
  new Map([
    ...forks.map((name) => [name, 'continue'] as const),
    ...(landlockAbi < 6 ? signals.map((name) => [name, 'signal'] as const) : []),
  ])
