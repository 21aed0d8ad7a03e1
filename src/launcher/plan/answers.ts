import {
  AF_UNIX,
  AUDIT_ARCH,
  ETIMEDOUT,
  FUTEX_WAIT_PRIVATE,
  MFD_CLOEXEC,
  PIDFD_THREAD,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_USER_NOTIF_FLAG_CONTINUE,
  SEEK_CUR,
  SEEK_SET,
  SO_DOMAIN,
  SOL_SOCKET,
  WNOHANG,
} from '../../linux/constants.ts'
import { syscallNumber } from '../../linux/syscalls.ts'
import type { Arch } from '../machine/machine.ts'
import { type Area, at, load, type Step, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'

/*
 * The policy allows a few calls that the filter nevertheless reports because of their size
 * (seccomp/compiler/answered-calls.ts). The init answers these calls, and the program continues:
 *
 * - mmap or mremap of more memory than the machine has: the init records the size, because the kernel's refusal leaves
 *   no trace.
 * - ftruncate to more than the limit on the size of a file: if the file is a memory file, the init makes the call
 *   instead of the program, because the init has no limit on the size of a file.
 *
 * A policy can deny connect and bind by the length of the address. Under such a policy, the init lets a call on a Unix
 * socket continue. A call on any other socket ends the run.
 */

const init = stepsOf('init')

/** The label at which the init answers the call in its buffer for notifications. */
const ANSWER = 'log.answer'

// struct seccomp_notif (linux/seccomp.h): u64 id, u32 pid, u32 flags, int nr, u32 arch, u64 ip, u64 arguments.
const NOTIFICATION_SIZE = 80
const OFFSET = { id: 0, thread: 8, number: 16, arch: 20, first: 32, second: 40, third: 48 } as const

/** The rest of a struct seccomp_notif_resp after its id: the value, the error, and the flags. */
function response(flags: number): Uint8Array {
  const rest = Buffer.alloc(16)
  rest.writeUInt32LE(flags, 12)
  return rest
}

/** The init's memory for an answer. */
export const answerArea: Area = {
  name: 'answer',
  fields: [
    // A memfd whose position is the number of answers; -1 before the first answer.
    { name: 'counter', size: 8, init: new Uint8Array(8).fill(0xff) },
    { name: 'memory', size: 8 },
    // Words for fields of the notification, most of which have 32 bits.
    { name: 'number', size: 8 },
    { name: 'arch', size: 8 },
    { name: 'thread', size: 8 },
    { name: 'file', size: 8 },
    { name: 'length', size: 8 },
    { name: 'process', size: 8 },
    { name: 'socket', size: 8 },
    { name: 'family', size: 8 },
    { name: 'familySize', size: 8, init: Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0) },
    // struct stat starts with the number of the device.
    { name: 'copyDevice', size: 144 },
    { name: 'ownDevice', size: 144 },
    { name: 'id', size: 8 },
    { name: 'continue', size: 16, init: response(SECCOMP_USER_NOTIF_FLAG_CONTINUE) },
    { name: 'doneId', size: 8 },
    { name: 'done', size: 16, init: response(0) },
  ],
}

/**
 * Compares 32 bits of memory with a value by futex(2). With a timeout of 0, the call times out if the two are equal. If
 * the two differ, the call fails with another error.
 */
const compare = (place: string, value: number, to: { equal: string; different: string }): Step =>
  init('futex', [at(place), FUTEX_WAIT_PRIVATE, value, words(0, 0)], {
    whenEqual: { value: -ETIMEDOUT, goto: to.equal },
    onError: { goto: to.different },
  })

const numberOf = (name: string, arch: Arch): number => syscallNumber(name, arch) ?? -1

/**
 * Steps that lead to the answer if the init answers the call in `denied.notification`. For every other call, the steps
 * lead to the label `otherwise`.
 *
 * @param answered the numbers of the calls that have an answer
 */
export function ifAnsweredSteps(answered: readonly number[], otherwise: string): Step[] {
  return answered.map((number, index) => ({
    ...compare('denied.call', number, {
      equal: ANSWER,
      different: index + 1 < answered.length ? `${otherwise}.${index + 1}` : otherwise,
    }),
    label: `${otherwise}.${index}`,
  }))
}

/**
 * Steps that answer a call. After the answer, the init watches the program again.
 *
 * @param from the area whose notification has the call
 * @param ended the label at which the init continues when the program has already ended
 */
export function answerSteps(from: 'denied' | 'logged', arch: Arch, ended: string): Step[] {
  const notification = at(`${from}.notification`)
  return [
    // The step machine cannot add, but lseek(2) can add to the position of a file. The first answer makes the file.
    init('lseek', [load('answer.counter'), 1, SEEK_CUR], {
      label: ANSWER,
      store: 'end.answered',
      onError: { goto: 'reply.first' },
      next: { goto: 'reply.copy' },
    }),
    init('memfd_create', [text('gradebox-answers'), MFD_CLOEXEC], {
      label: 'reply.first',
      store: 'answer.counter',
      next: { goto: ANSWER },
    }),
    // The step machine copies memory only through a file. In this file, zeros follow the notification.
    init('memfd_create', [text('gradebox-answer'), MFD_CLOEXEC], {
      label: 'reply.copy',
      store: 'answer.memory',
    }),
    init('ftruncate', [memory, 2 * NOTIFICATION_SIZE]),
    init('pwrite64', [memory, notification, NOTIFICATION_SIZE, 0]),
    take('answer.id', 8, OFFSET.id),
    take('answer.doneId', 8, OFFSET.id),
    take('answer.number', 4, OFFSET.number),
    take('answer.arch', 4, OFFSET.arch),
    // In a 32-bit program the same number means another call. The filter denies every call of a 32-bit program.
    compare('answer.arch', AUDIT_ARCH[arch], { equal: 'reply.own', different: 'reply.foreign' }),
    {
      ...compare('answer.number', numberOf('mmap', arch), {
        equal: 'reply.allocation',
        different: 'reply.other',
      }),
      label: 'reply.own',
    },
    {
      ...compare('answer.number', numberOf('mremap', arch), {
        equal: 'reply.enlargement',
        different: 'reply.file',
      }),
      label: 'reply.other',
    },
    take('answer.thread', 4, OFFSET.thread, { label: 'reply.file' }),
    take('answer.file', 4, OFFSET.first),
    compare('answer.number', numberOf('ftruncate', arch), {
      equal: 'reply.resize',
      different: 'reply.socket',
    }),
    ...allocationSteps(),
    ...resizeSteps(),
    ...socketSteps(),
    // This step fails if the process that made the call has ended, or if a signal has interrupted the call. After an
    // interruption, the process repeats the call.
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('answer.id')], {
      label: 'reply.continue',
      onError: 'continue',
    }),
    // SECCOMP_IOCTL_NOTIF_RECV requires zeros in its buffer (seccomp_unotify(2)).
    init('pread64', [memory, notification, NOTIFICATION_SIZE, NOTIFICATION_SIZE], {
      label: 'reply.clear',
    }),
    init('close', [memory]),
    // The program may have ended while the call waited for its answer.
    init('wait4', [load('watch.target'), at('end.status'), WNOHANG, 0], {
      whenEqual: { value: load('watch.target'), goto: 'watch.exited' },
      onError: { goto: ended },
      next: { goto: 'watch.quiet' },
    }),
    init('writev', [FD.report, words(at('denied.tag'), 8, notification, NOTIFICATION_SIZE), 2], {
      label: 'reply.foreign',
    }),
    init('wait4', [load('watch.target'), at('end.status'), WNOHANG, 0], {
      whenEqual: { value: load('watch.target'), goto: 'watch.exited' },
      onError: { goto: ended },
      next: { goto: 'watch.stop' },
    }),
  ]
}

const memory = load('answer.memory')

const take = (place: string, size: number, offset: number, options: Partial<Step> = {}): Step => ({
  ...init('pread64', [memory, at(place), size, offset]),
  ...options,
})

// The kernel refuses the memory. The init keeps only the last size, because a program may ask again and again.
const allocationSteps = (): Step[] => [
  take('end.refusedBytes', 8, OFFSET.second, {
    label: 'reply.allocation',
    next: { goto: 'reply.continue' },
  }),
  take('end.refusedBytes', 8, OFFSET.third, {
    label: 'reply.enlargement',
    next: { goto: 'reply.continue' },
  }),
]

/**
 * Steps that copy the descriptor that is the call's first argument.
 *
 * @param copy the place for the init's copy of the descriptor, or for the error of pidfd_getfd(2)
 */
function copySteps(label: string, copy: string, failed: string): Step[] {
  const target = load('watch.target')
  const orFail = { onError: { goto: failed } } as const
  return [
    // Since Linux 6.9, pidfd_open(2) opens any thread.
    init('pidfd_open', [load('answer.thread'), PIDFD_THREAD], {
      label,
      store: 'answer.process',
      onError: { goto: `${label}.leader` },
      next: { goto: `${label}.copy` },
    }),
    init('pidfd_open', [load('answer.thread'), 0], {
      label: `${label}.leader`,
      store: 'answer.process',
      onError: { goto: `${label}.member` },
      next: { goto: `${label}.copy` },
    }),
    // Older kernels open only a process. The thread must then belong to the program's first process.
    init('tgkill', [target, load('answer.thread'), 0], { label: `${label}.member`, ...orFail }),
    init('pidfd_open', [target, 0], { store: 'answer.process', ...orFail }),
    init('pidfd_getfd', [load('answer.process'), load('answer.file'), 0], {
      label: `${label}.copy`,
      store: copy,
      onError: { goto: `${label}.close` },
    }),
  ]
}

const closeProcess = (label: string, next: string): Step =>
  init('close', [load('answer.process')], { label: `${label}.close`, next: { goto: next } })

// If a step fails, the init lets the kernel make the call, under the program's limit.
function resizeSteps(): Step[] {
  const label = 'reply.resize'
  const closeBoth = { onError: { goto: 'reply.closeBoth' } } as const
  return [
    ...copySteps(label, 'end.copy', 'reply.continue'),
    take('answer.length', 8, OFFSET.second),
    // All memory files are on one file system of the kernel, so they have the same device number.
    init('fstat', [load('end.copy'), at('answer.copyDevice')], closeBoth),
    init('fstat', [memory, at('answer.ownDevice')], closeBoth),
    // lseek(2) returns the position that it sets. This position is the device number to compare.
    init('lseek', [memory, load('answer.ownDevice'), SEEK_SET], {
      ...closeBoth,
      whenDifferent: { value: load('answer.copyDevice'), goto: 'reply.closeBoth' },
    }),
    init('ftruncate', [load('end.copy'), load('answer.length')], closeBoth),
    // After this answer, the answer at `reply.continue` fails, because the call already has an answer.
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('answer.doneId')], {
      onError: 'continue',
    }),
    init('close', [load('end.copy')], { label: 'reply.closeBoth' }),
    closeProcess(label, 'reply.continue'),
  ]
}

// If a step fails, the denied call ends the run.
function socketSteps(): Step[] {
  const label = 'reply.socket'
  return [
    ...copySteps(label, 'answer.socket', 'reply.foreign'),
    init(
      'getsockopt',
      [load('answer.socket'), SOL_SOCKET, SO_DOMAIN, at('answer.family'), at('answer.familySize')],
      { onError: { goto: 'reply.noSocket' } },
    ),
    init('close', [load('answer.socket')]),
    init('close', [load('answer.process')]),
    compare('answer.family', AF_UNIX, { equal: 'reply.continue', different: 'reply.foreign' }),
    init('close', [load('answer.socket')], { label: 'reply.noSocket' }),
    closeProcess(label, 'reply.foreign'),
  ]
}
