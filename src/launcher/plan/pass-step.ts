import { SCM_RIGHTS, SOL_SOCKET } from '../../linux/constants.ts'
import { bytes, type Step, stepsOf, text, words } from '../step.ts'

const init = stepsOf('init')

type PassOptions = Pick<Step, 'failure' | 'store' | 'onError'> & {
  /** MSG_… of sendmsg(2). */
  readonly flags?: number
  /** The call as text for a person, because its arguments are only addresses. */
  readonly shown: string
}

/** The step that passes a descriptor through a socket: SCM_RIGHTS of unix(7), with one byte of data. */
export function passStep(socket: number, fd: number, options: PassOptions): Step {
  const { flags = 0, ...rest } = options
  // struct cmsghdr (cmsg(3)) and the descriptor, then struct msghdr.
  const control = Buffer.alloc(24)
  control.writeBigUInt64LE(20n, 0)
  control.writeInt32LE(SOL_SOCKET, 8)
  control.writeInt32LE(SCM_RIGHTS, 12)
  control.writeInt32LE(fd, 16)
  const vector = words(text('m'), 1)
  const message = words(0, 0, vector, 1, bytes(control), control.length, 0)
  return init('sendmsg', [socket, message, flags], rest)
}
