import {
  AF_INET,
  CLONE_NEWNET,
  CLONE_NEWUSER,
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPERM,
  IFF_UP,
  IFNAMSIZ,
  O_CLOEXEC,
  O_RDONLY,
  SIOCSIFFLAGS,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from '../../linux/constants.ts'
import { HEAD } from '../machine/memory-layout.ts'
import type { SandboxShape } from '../sandbox-shape.ts'
import { at, bytes, load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './fd-numbers.ts'
import { pollFd } from './poll.ts'

const init = stepsOf('init')
const starter = stepsOf('starter')
const failure: StepFailure = { code: 'NAMESPACES_UNAVAILABLE' }

/**
 * Steps that let the init wait for its network. A counter (eventfd(2)) reports that the network is ready. Until then
 * the counter also occupies the network's descriptor number, so that the kernel assigns the number to no other file.
 */
export function announceNetworkSteps(mode: SandboxShape['network']): Step[] {
  if (mode === 'host') return []
  return [
    starter('eventfd2', [0, EFD_CLOEXEC | EFD_NONBLOCK], { store: 'init.fd', failure }),
    starter('dup3', [load('init.fd'), FD.networkReady, O_CLOEXEC]),
    starter('dup3', [load('init.fd'), FD.network, O_CLOEXEC]),
    starter('close', [load('init.fd')]),
  ]
}

/**
 * Steps by which the starter makes the network namespace, and gives the init a descriptor of this namespace.
 *
 * @param next the label of the next step
 */
export function makeNetworkSteps(
  mode: SandboxShape['network'],
  { asRoot, next }: { readonly asRoot: boolean; readonly next: string },
): Step[] {
  if (mode === 'host') return []
  const own = asRoot && mode === 'loopback'
  const steps = [
    starter('unshare', [own ? CLONE_NEWUSER | CLONE_NEWNET : CLONE_NEWNET], { failure }),
    starter('openat', [FD.proc, text('self/ns/net'), O_RDONLY | O_CLOEXEC, 0], {
      store: 'init.network',
    }),
    ...(mode === 'loopback' ? loopbackSteps() : []),
    starter('dup3', [load('init.network'), FD.network, O_CLOEXEC]),
    starter('close', [load('init.network')]),
  ]
  const ready = [FD.networkReady, words(1), 8]
  return [
    ...steps.map((step) => ({ ...step, onError: { goto: 'network.failed' } })),
    starter('write', ready, { next: { goto: next } }),
    starter('write', [FD.report, HEAD.tag, HEAD.recordSize], {
      label: 'network.failed',
      onError: 'continue',
    }),
    // The init finds no network at the network's descriptor number, and ends.
    starter('write', ready, { next: { goto: 'starter.exit' } }),
  ]
}

/** Steps by which the init waits for the network namespace and joins it. */
export function joinNetworkSteps(mode: SandboxShape['network']): Step[] {
  if (mode === 'host') return []
  return [
    // The init also waits for the end of the caller, because the starter may have ended together with the caller.
    init('ppoll', [
      bytes(Buffer.concat([pollFd(FD.networkReady), pollFd(FD.control, 0)])),
      2,
      0,
      0,
      8,
    ]),
    init('read', [FD.networkReady, at('init.fd'), 8], { onError: { goto: 'init.unused' } }),
    init('setns', [FD.network, CLONE_NEWNET], { failure }),
    init('close', [FD.network]),
    init('close', [FD.networkReady]),
  ]
}

// Brings the loopback interface up (netdevice(7)).
function loopbackSteps(): Step[] {
  // struct ifreq: the name, then the flags.
  const request = Buffer.alloc(40)
  request.write('lo')
  request.writeUInt16LE(IFF_UP, IFNAMSIZ)
  return [
    starter('socket', [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0], { store: 'init.fd' }),
    starter('ioctl', [load('init.fd'), SIOCSIFFLAGS, bytes(request)]),
    starter('close', [load('init.fd')]),
  ]
}

/**
 * The step that sets the host name in the init's UTS namespace. If the container denies the call, as Podman's filter
 * does, the run keeps the container's name, because the name protects nothing.
 */
export function hostnameStep(hostname: string): Step {
  return init('sethostname', [text(hostname), Buffer.byteLength(hostname)], { tolerate: EPERM })
}
