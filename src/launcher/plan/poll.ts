import { POLLIN } from '../../linux/constants.ts'

/** A struct pollfd that waits for the events: by default for readable data, with 0 only for a hang-up (poll(2)). */
export function pollFd(fd: number, events: number = POLLIN): Uint8Array {
  const pollfd = Buffer.alloc(8)
  pollfd.writeInt32LE(fd, 0)
  pollfd.writeInt16LE(events, 4)
  return pollfd
}
