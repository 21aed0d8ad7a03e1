import {
  AF_INET,
  CLONE_FILES,
  CLONE_NEWNET,
  IFF_UP,
  IFNAMSIZ,
  O_CLOEXEC,
  O_RDONLY,
  SIGCHLD,
  SIOCSIFFLAGS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../../ffi/constants.ts'
import type { Policy } from '../../../policy/policy.ts'
import { bytes, load, type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { FD } from './descriptors.ts'

const init = stepsOf('init')
const network = stepsOf('network')
const failure: StepFailure = { code: 'NAMESPACES_UNAVAILABLE' }

/**
 * The step that starts the network's maker: a child that makes the network namespace while the init
 * builds the root, for that takes the kernel about as long. It shares the init's descriptors.
 */
export function startNetworkSteps(mode: Policy['network']): Step[] {
  if (mode === 'host') return []
  return [
    // Taken until the maker puts the namespace there, so that the kernel gives it to nothing else.
    init('dup3', [FD.report, FD.network, O_CLOEXEC]),
    init('clone', [CLONE_FILES | SIGCHLD, 0, 0, 0, 0], {
      store: 'init.network',
      whenEqual: { value: 0, goto: 'network' },
    }),
  ]
}

/** The network maker's own steps. */
export function networkSteps(mode: Policy['network']): Step[] {
  if (mode === 'host') return []
  return [
    network('unshare', [CLONE_NEWNET], { label: 'network', failure }),
    network('openat', [FD.proc, text('self/ns/net'), O_RDONLY | O_CLOEXEC, 0], {
      store: 'init.network',
    }),
    ...(mode === 'loopback' ? loopbackSteps() : []),
    // Last: where the init finds this descriptor, all of the above was done.
    network('dup3', [load('init.network'), FD.network, O_CLOEXEC]),
    network('close', [load('init.network')]),
    network('exit_group', [0]),
  ]
}

/** Steps with which the init waits for the network namespace and joins it. */
export function joinNetworkSteps(mode: Policy['network']): Step[] {
  if (mode === 'host') return []
  return [
    init('wait4', [load('init.network'), 0, 0, 0]),
    init('setns', [FD.network, CLONE_NEWNET], { failure }),
    init('close', [FD.network]),
  ]
}

// Brings the loopback interface up (netdevice(7)).
function loopbackSteps(): Step[] {
  // struct ifreq: the name, then the flags.
  const request = Buffer.alloc(40)
  request.write('lo')
  request.writeUInt16LE(IFF_UP, IFNAMSIZ)
  return [
    network('socket', [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], { store: 'init.fd' }),
    network('ioctl', [load('init.fd'), SIOCSIFFLAGS, bytes(request)]),
    network('close', [load('init.fd')]),
  ]
}

/** The step that names the host of the init's UTS namespace. */
export function hostnameStep(hostname: string): Step {
  return init('sethostname', [text(hostname), Buffer.byteLength(hostname)])
}
