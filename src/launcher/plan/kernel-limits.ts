import { O_CLOEXEC, O_WRONLY } from '../../linux/constants.ts'
import { labelled, load, type Step, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'

const init = stepsOf('init')

const MIB = 1024 * 1024
const PAGE_SIZE = 4096
/** The largest amount of System V shared memory of a sandbox, attached or not. */
const SHARED_MEMORY_BYTES = 64 * MIB

type Setting = readonly [file: string, value: string]

/**
 * Limits of a new IPC namespace. They are necessary because no limit of a process counts the memory that IPC calls
 * allocate. The values suffice for course work. A new namespace has `msgmnb` 16384 and `shmmni` 4096, which are small
 * enough.
 */
const ipcLimits: readonly Setting[] = [
  // Semaphores per set, semaphores in all sets, operations per call, sets.
  ['kernel/sem', '250 3200 32 128'],
  // All segments together. This limit also bounds each single segment, so `shmmax` needs no value here.
  ['kernel/shmall', `${SHARED_MEMORY_BYTES / PAGE_SIZE}`],
  // Queues. Each queue has at most `msgmnb` bytes, and at most `msgmnb` empty messages.
  ['kernel/msgmni', '32'],
]

/** The smallest, initial and largest buffer of a connection on the sandbox's own loopback. */
const tcpLimits: readonly Setting[] = [
  ['net/ipv4/tcp_rmem', '4096 131072 212992'],
  ['net/ipv4/tcp_wmem', '4096 16384 212992'],
]

const LAST = 'limits.done'

/**
 * Steps that limit the kernel's memory for the sandbox's own IPC and network namespaces, while the init still owns
 * these namespaces. If the kernel lacks a feature, the file of that feature does not exist. An ordinary user may write
 * the files of the IPC namespace from Linux 6.10 on.
 *
 * @param connects whether the program can have TCP sockets, on a network of its own
 */
export function kernelLimitSteps({ connects }: { readonly connects: boolean }): Step[] {
  const settings = [...ipcLimits, ...(connects ? tcpLimits : [])]
  const label = (index: number) => (index < settings.length ? `limits.${index}` : LAST)
  return [
    ...settings.flatMap(([file, value], index) =>
      labelled(label(index), writeSteps(`sys/${file}`, value, label(index + 1))),
    ),
    init('getpid', [], { label: LAST }),
  ]
}

const writeSteps = (path: string, value: string, next: string): Step[] => [
  init('openat', [FD.proc, text(path), O_WRONLY | O_CLOEXEC, 0], {
    store: 'init.fd',
    onError: { goto: next },
  }),
  init('write', [load('init.fd'), text(value), value.length], {
    shown: `${JSON.stringify(`/proc/${path}`)}, ${JSON.stringify(value)}`,
  }),
  init('close', [load('init.fd')]),
]
