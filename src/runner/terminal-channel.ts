import { closeDescriptor } from '../ffi/libc.ts'
import { makeSocketPair, receiveDescriptor } from '../ffi/passing.ts'

/** The way by which the master of a sandbox's pseudo-terminal comes to this process. */
export interface TerminalChannel {
  /** The end that the launch program gets as its stdin. */
  readonly socket: number
  /** To be called when the run is over; settles when the last master that was sent has come. */
  readonly close: () => Promise<void>
}

/**
 * Opens a channel for a run's pseudo-terminal.
 *
 * @param onMaster gets each master that comes, to close it; a run that is tried anew makes another
 * @param onError gets what makes receiving impossible
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
