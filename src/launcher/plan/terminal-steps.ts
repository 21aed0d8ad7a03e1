import { type WindowSize, windowSize } from '../../ffi/terminal.ts'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_NOCTTY,
  O_RDWR,
  TIOCGPTPEER,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
} from '../../linux/constants.ts'
import { bytes, load, type Step, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { passStep } from './pass-step.ts'
import { linkToTerminalsStep, mountTerminalsSteps, terminalFailure } from './terminal-devices.ts'

const init = stepsOf('init')
const target = stepsOf('target')

/**
 * A pseudo-terminal that belongs to the sandbox. The pair of master and slave comes from the sandbox's own instance of
 * devpts, not from the host's instance. /dev/pts lists the pair. The program may open the slave again, and may make
 * more pairs. The program gets no inode of the host. The caller receives the master through the socket that is the
 * run's stdin.
 */
export interface TerminalUse {
  /** The standard streams that the terminal replaces, always including 0. */
  readonly streams: readonly number[]
  readonly size: WindowSize
}

const failure = terminalFailure

export interface TerminalOptions {
  readonly terminal?: TerminalUse | undefined
  /** Whether the policy mounts its own /dev. The sandbox then adds only its instance of devpts. */
  readonly ownDevices: boolean
}

/** Steps in the entered root. They make the pair, pass the master to the caller, and connect streams to the slave. */
export function openTerminalSteps({ terminal, ownDevices }: TerminalOptions): Step[] {
  if (terminal === undefined) return []
  const slave = load('init.fd')
  const set = (request: number, argument: Uint8Array, shown: string) =>
    init('ioctl', [FD.terminal, request, bytes(argument)], { failure, shown })
  return [
    ...mountTerminalsSteps(),
    ...(ownDevices ? [] : [linkToTerminalsStep]),
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
    passStep(0, FD.terminal, { failure, shown: '0, SCM_RIGHTS [master]' }),
    init('close', [FD.terminal]),
    ...terminal.streams.map((fd) => init('dup3', [slave, fd, 0])),
    init('close', [slave]),
  ]
}

/** The step by which the program, the leader of its own session, gets the terminal as its controlling terminal. */
export const controlTerminalSteps = (terminal?: TerminalUse): Step[] =>
  terminal === undefined ? [] : [target('ioctl', [0, TIOCSCTTY, 0], { failure })]
