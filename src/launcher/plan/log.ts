import {
  AUDIT_ARCH,
  EINTR,
  EPERM,
  MFD_CLOEXEC,
  O_CLOEXEC,
  POLLOUT,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_IOCTL_NOTIF_SET_FLAGS,
  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
  SECCOMP_USER_NOTIF_FLAG_CONTINUE,
  SEEK_CUR,
  SEEK_SET,
} from '../../linux/constants.ts'
import type { Arch } from '../machine/machine.ts'
import { RECORD } from '../report/records.ts'
import { type Area, at, bytes, load, type Step, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { pollFd } from './poll.ts'

const init = stepsOf('init')

// sizeof(struct seccomp_notif), linux/seccomp.h; its first word is the notification's id.
const NOTIFICATION_SIZE = 80
const ID_SIZE = 8
// u64 id, u32 pid, u32 flags, int nr, u32 arch, u64 instruction pointer, u64 first argument.
const HEAD_SIZE = 40
const NUMBER_OFFSET = 16
const ARCH_OFFSET = 20
const ARGUMENT_OFFSET = 32
/** The position of zeros in the memfd. */
const ZEROS_OFFSET = 40

/** The action for the calls from this number to the next entry. */
export interface Meaning {
  readonly from: number
  readonly action:
    | 'kill'
    | 'log'
    /** The kernel makes the call, and the init does not record it. */
    | 'continue'
    /** The init answers the call: see `answers.ts`. */
    | 'answer'
    /** The same as `continue`, if the process in the first argument belongs to the program's session. */
    | 'signal'
}

/** struct seccomp_notif_resp without its id: no value, no error, and the flags. */
function continueResponse(): Uint8Array {
  const rest = Buffer.alloc(16)
  rest.writeUInt32LE(SECCOMP_USER_NOTIF_FLAG_CONTINUE, 12)
  return rest
}

/** The answer with EPERM, and no flags. */
function refusalResponse(): Uint8Array {
  const rest = Buffer.alloc(16)
  rest.writeInt32LE(-EPERM, 8)
  return rest
}

/** The init's memory for calls that are logged. */
export const logArea: Area = {
  name: 'logged',
  fields: [
    { name: 'tag', size: 8, init: RECORD.logged.tag },
    { name: 'notification', size: NOTIFICATION_SIZE },
    { name: 'id', size: ID_SIZE },
    { name: 'response', size: 16, init: continueResponse() },
    { name: 'scratch', size: 8 },
    // A u32 with zeros above it.
    { name: 'number', size: 8 },
    { name: 'arch', size: 8 },
    { name: 'process', size: 8 },
    { name: 'refusedId', size: ID_SIZE },
    { name: 'refusal', size: 16, init: refusalResponse() },
  ],
}

/**
 * Makes the memfd through which the init copies and clears memory, because the step machine can only make
 * system calls. In the memfd, zeros follow the head of a notification.
 */
export function scratchSteps(): Step[] {
  const made = load('logged.scratch')
  return [
    init('memfd_create', [text('gradebox-log'), MFD_CLOEXEC], { store: 'logged.scratch' }),
    init('ftruncate', [made, ZEROS_OFFSET + NOTIFICATION_SIZE]),
    init('dup3', [made, FD.scratch, O_CLOEXEC]),
    init('close', [made]),
  ]
}

/** Makes the kernel switch at once from the program to the init and back. Kernels before 6.6 cannot do so. */
export function fasterWakeStep(): Step {
  const flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
  return init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags], {
    onError: 'continue',
  })
}

/**
 * Receives one notification, lets the call continue, and reports it (seccomp_unotify(2)). The init first checks
 * the report pipe. If the reader is too slow, the program waits at its next logged call. The init then waits for
 * room in the pipe, or for an event that ends the run. No record is lost, and no records pile up.
 */
export function logSteps(meanings: readonly Meaning[], arch: Arch): Step[] {
  const tampered = { onError: { goto: 'watch.tampered' } } as const
  return [
    init('ppoll', [bytes(pollFd(FD.report, POLLOUT)), 1, words(0, 0), 0, 8], {
      whenEqual: { value: 0, goto: 'watch.full' },
      ...tampered,
    }),
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_RECV, at('logged.notification')], {
      onError: { goto: 'watch.gone' },
    }),
    init('pwrite64', [FD.scratch, at('logged.notification'), HEAD_SIZE, 0], tampered),
    init('pread64', [FD.scratch, at('logged.id'), ID_SIZE, 0], tampered),
    ...meaningSteps(meanings, arch),
    ...askedSteps(meanings),
    // The kernel does not make a call that a signal interrupted, or makes it later with another notification.
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('logged.id')], {
      label: 'log.log',
      onError: { goto: 'watch.clear' },
    }),
    init('write', [FD.report, at('logged.tag'), RECORD.logged.size]),
    // SECCOMP_IOCTL_NOTIF_RECV requires zeros in its buffer (seccomp_unotify(2)).
    init('pread64', [FD.scratch, at('logged.notification'), NOTIFICATION_SIZE, ZEROS_OFFSET], {
      label: 'watch.clear',
      ...tampered,
      next: { goto: 'watch.quiet' },
    }),
    init('ppoll', [bytes(roomOrOthers()), 4, 0, 0, 8], {
      label: 'watch.full',
      whenEqual: { value: -EINTR, goto: 'watch.full' },
      ...tampered,
      next: { goto: 'watch.quiet' },
    }),
  ]
}

// Answers calls that are not reported. A signal to process 0 goes to the caller's own process group.
function askedSteps(meanings: readonly Meaning[]): Step[] {
  const has = (action: Meaning['action']) => meanings.some((each) => each.action === action)
  const tampered = { onError: { goto: 'watch.tampered' } } as const
  const after = { onError: { goto: 'watch.clear' }, next: { goto: 'watch.clear' } } as const
  const refuse = { goto: 'log.refuse' }
  if (!has('continue') && !has('signal')) return []
  return [
    init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('logged.id')], {
      label: 'log.continue',
      ...after,
    }),
    ...(has('signal')
      ? [
          init('pread64', [FD.scratch, at('logged.process'), 4, ARGUMENT_OFFSET], {
            label: 'log.signal',
            ...tampered,
          }),
          init('lseek', [FD.scratch, load('logged.process'), SEEK_SET], {
            whenEqual: { value: 0, goto: 'log.continue' },
            ...tampered,
          }),
          init('getsid', [load('logged.process')], {
            whenEqual: { value: load('watch.target'), goto: 'log.continue' },
            onError: refuse,
            next: refuse,
          }),
          init('pread64', [FD.scratch, at('logged.refusedId'), ID_SIZE, 0], {
            label: 'log.refuse',
            ...tampered,
          }),
          init('ioctl', [FD.listener, SECCOMP_IOCTL_NOTIF_SEND, at('logged.refusedId')], after),
        ]
      : []),
  ]
}

// The step machine cannot compare by size, but lseek(2) can, because it refuses a position below 0. The call's
// number therefore becomes the memfd's position, and a binary search subtracts from it.
function meaningSteps(meanings: readonly Meaning[], arch: Arch): Step[] {
  const tampered = { onError: { goto: 'watch.tampered' } } as const
  const record = words(at('denied.tag'), 8, at('logged.notification'), NOTIFICATION_SIZE)
  return [
    init('pread64', [FD.scratch, at('logged.number'), 4, NUMBER_OFFSET], tampered),
    init('pread64', [FD.scratch, at('logged.arch'), 4, ARCH_OFFSET], tampered),
    // Calls of another architecture are never allowed, and their numbers mean other calls.
    init('lseek', [FD.scratch, load('logged.arch'), SEEK_SET], {
      ...tampered,
      whenDifferent: { value: AUDIT_ARCH[arch], goto: 'log.kill' },
    }),
    init('lseek', [FD.scratch, load('logged.number'), SEEK_SET], {
      ...tampered,
      next: { goto: labelOf(meanings, 0) },
    }),
    ...searchSteps(meanings, 0),
    init('writev', [FD.report, record, 2], {
      label: 'log.kill',
      next: { goto: 'watch.stop' },
    }),
  ]
}

const labelOf = (among: readonly Meaning[], base: number): string =>
  among.length === 1
    ? `log.${among[0]?.action}`
    : `log.from${among[0]?.from}.${among.length}.${base}`

/** @param base the difference between the call's number and the position */
function searchSteps(among: readonly Meaning[], base: number): Step[] {
  if (among.length <= 1) return []
  const middle = among.length >>> 1
  const [below, above] = [among.slice(0, middle), among.slice(middle)]
  const from = above[0]?.from ?? 0
  return [
    init('lseek', [FD.scratch, base - from, SEEK_CUR], {
      label: labelOf(among, base),
      onError: { goto: labelOf(below, base) },
      next: { goto: labelOf(above, from) },
    }),
    ...searchSteps(below, base),
    ...searchSteps(above, from),
  ]
}

const roomOrOthers = () =>
  Buffer.concat([
    ...[FD.timer, FD.signal, FD.control].map((fd) => pollFd(fd)),
    pollFd(FD.report, POLLOUT),
  ])
