import { closeDescriptor } from '../ffi/libc.ts'
import { makeSocketPair, receiveDescriptor } from '../ffi/passing.ts'

/** The channel through which this process receives the master of a sandbox's pseudo-terminal. */
export interface TerminalChannel {
  /** The end that the launch program gets as its stdin. */
  readonly socket: number
  /** Ends the channel. The promise settles when the last master has arrived. Call this function after the run's end. */
  readonly close: () => Promise<void>
}

/**
 * Opens a channel for a run's pseudo-terminal.
 *
 * @param onMaster receives each master and must close the master; each attempt at a run makes one master
 * @param onError receives an error that makes receiving impossible
 * @throws {ErrnoError} when this process has too many descriptors
 */
export function openTerminalChannel(
  onMaster: (fd: number) => void,
  onError: (error: unknown) => void,
): TerminalChannel {
  const [ours, socket] = makeSocketPair()
  const received = receiveAll(ours, onMaster)
    .catch(onError)
    .finally(() => closeDescriptor(ours))
  return {
    socket,
    close: () => {
      closeDescriptor(socket)
      return received
    },
  }
}

async function receiveAll(socket: number, onMaster: (fd: number) => void): Promise<void> {
  for (;;) {
    const master = await receiveDescriptor(socket)
    if (master === undefined) return
    onMaster(master)
  }
}
