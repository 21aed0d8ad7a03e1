import { type WindowSize, windowSize } from '../../ffi/terminal.ts'
import {
  AT_FDCWD,
  EEXIST,
  MS_NOEXEC,
  MS_NOSUID,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDWR,
  SCM_RIGHTS,
  SOL_SOCKET,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from '../../linux/constants.ts'
import { bytes, load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './descriptors.ts'
import type { HostPath } from './host.ts'
import { bindSteps, type HostMount } from './mounts.ts'
import { FreshDirectories } from './paths.ts'

const init = stepsOf('init')
const target = stepsOf('target')

/**
 * A pseudo-terminal of the sandbox's own. Its pair comes from a devpts instance inside, not from the
 * host's: /dev/pts has its name, the program may open it again and make more, and no inode of the host
 * is in the program's hands. The caller gets the master through the socket that the run has as stdin.
 */
export interface TerminalUse {
  /** Which of the standard streams it becomes; 0 among them. */
  readonly streams: readonly number[]
  readonly size: WindowSize
}

const failure: StepFailure = {
  code: 'SETUP_FAILED',
  hint: "The sandbox's pseudo-terminal could not be made (kernel.pty.max?). With its output in a pipe, `| cat`, the program runs without one.",
}

/** How many pseudo-terminals the sandbox may have: the host's kernel has 4096 in all. */
const PTY_MAX = 64

export interface TerminalOptions {
  readonly terminal?: TerminalUse | undefined
  /** Where a policy mounts a /dev of its own, nothing is added to it but its instance of devpts. */
  readonly ownDevices: boolean
  readonly remount?: ((source: string) => readonly HostMount[]) | undefined
}

/** Steps on the host's root: /dev/tty, by which a program finds its own terminal. */
export function terminalDeviceSteps({ terminal, ownDevices, remount }: TerminalOptions): Step[] {
  if (terminal === undefined || ownDevices) return []
  const device: HostPath & { type: 'bind' } = {
    type: 'bind',
    source: '/dev/tty',
    target: 'dev/tty',
    isDirectory: false,
    writable: false,
    noexec: true,
  }
  return bindSteps(
    { ...device, readOnly: true, devices: true, remount: remount?.(device.source) },
    new FreshDirectories(),
  )
}

/** Steps in the entered root: they make the pair, pass on its master, and put the other side in place. */
export function openTerminalSteps({ terminal, ownDevices }: TerminalOptions): Step[] {
  if (terminal === undefined) return []
  const options = text(`newinstance,ptmxmode=0666,mode=0620,max=${PTY_MAX}`)
  const mount = [text('devpts'), text('dev/pts'), text('devpts'), MS_NOSUID | MS_NOEXEC, options]
  const slave = load('init.fd')
  const set = (request: number, argument: Uint8Array, shown: string) =>
    init('ioctl', [FD.terminal, request, bytes(argument)], { failure, shown })
  return [
    init('mkdirat', [AT_FDCWD, text('dev/pts'), 0o755], { tolerate: EEXIST, failure }),
    init('mount', mount, { failure }),
    ...(ownDevices
      ? []
      : [init('symlinkat', [text('pts/ptmx'), AT_FDCWD, text('dev/ptmx')], { failure })]),
    init('openat', [AT_FDCWD, text('dev/pts/ptmx'), O_RDWR | O_NOCTTY | O_CLOEXEC, 0], {
      store: 'init.fd',
      failure,
    }),
    init('dup3', [load('init.fd'), FD.terminal, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    set(TIOCSPTLCK, Buffer.alloc(4), 'master, TIOCSPTLCK, 0'),
    set(
      TIOCSWINSZ,
      windowSize(terminal.size),
      `master, TIOCSWINSZ, ${terminal.size.rows} rows, ${terminal.size.columns} columns`,
    ),
    init('ioctl', [FD.terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC], {
      store: 'init.fd',
      failure,
      shown: 'master, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC',
    }),
    passMasterStep(),
    init('close', [FD.terminal]),
    ...terminal.streams.map((fd) => init('dup3', [slave, fd, 0])),
    init('close', [slave]),
  ]
}

// struct msghdr with one byte and one struct cmsghdr (unix(7)).
function passMasterStep(): Step {
  const control = Buffer.alloc(24)
  control.writeBigUInt64LE(20n, 0)
  control.writeInt32LE(SOL_SOCKET, 8)
  control.writeInt32LE(SCM_RIGHTS, 12)
  control.writeInt32LE(FD.terminal, 16)
  const vector = words(text('m'), 1)
  const message = words(0, 0, vector, 1, bytes(control), control.length, 0)
  return init('sendmsg', [0, message, 0], { failure, shown: '0, SCM_RIGHTS [master]' })
}

/** The step by which the program, leader of a session of its own, gets it as controlling terminal. */
export const controlTerminalSteps = (terminal?: TerminalUse): Step[] =>
  terminal === undefined ? [] : [target('ioctl', [0, TIOCSCTTY, 0], { failure })]
