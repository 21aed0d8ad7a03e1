import {
  AF_INET,
  IFF_UP,
  IFNAMSIZ,
  SIOCSIFFLAGS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../../ffi/constants.ts'
import { bytes, load, type Step, stepsOf, text } from '../step.ts'

const init = stepsOf('init')

/** Steps that bring the loopback interface of the init's network namespace up (netdevice(7)). */
export function loopbackSteps(): Step[] {
  // struct ifreq: the name, then the flags.
  const request = Buffer.alloc(40)
  request.write('lo')
  request.writeUInt16LE(IFF_UP, IFNAMSIZ)
  return [
    init('socket', [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], { store: 'init.fd' }),
    init('ioctl', [load('init.fd'), SIOCSIFFLAGS, bytes(request)]),
    init('close', [load('init.fd')]),
  ]
}

/** The step that names the host of the init's UTS namespace. */
export function hostnameStep(hostname: string): Step {
  return init('sethostname', [text(hostname), Buffer.byteLength(hostname)])
}
