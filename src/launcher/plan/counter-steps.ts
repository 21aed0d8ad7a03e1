import {
  O_CLOEXEC,
  PERF_ATTR_DISABLED,
  PERF_ATTR_ENABLE_ON_EXEC,
  PERF_ATTR_EXCLUDE_HV,
  PERF_ATTR_EXCLUDE_KERNEL,
  PERF_ATTR_INHERIT,
  PERF_ATTR_SIZE_VER0,
  PERF_COUNT_SW_TASK_CLOCK,
  PERF_FLAG_FD_CLOEXEC,
  PERF_TYPE_SOFTWARE,
} from '../../linux/constants.ts'
import { at, bytes, load, type Step, stepsOf } from '../step.ts'
import { FD } from './fd-numbers.ts'

/*
 * The kernel forgets the CPU time of children whose parent ignores SIGCHLD (times(2)). A perf counter keeps this time.
 * Each process of the program inherits the counter. When a process ends, the kernel adds its time to the counter.
 *
 * The init opens the counter on itself, because the owner of a counter can stop it (prctl(2),
 * PR_TASK_PERF_EVENTS_DISABLE). Only later children of the init inherit the counter. In each process, the counter
 * starts at execve(2). The init executes no program, so the init's own time does not count. The execve also closes the
 * descriptor of the counter, so the program does not get this descriptor.
 */

const init = stepsOf('init')

function counterAttributes(): Uint8Array {
  // struct perf_event_attr: u32 type, u32 size, u64 config, three u64 that are 0 here, the flags.
  const attributes = Buffer.alloc(PERF_ATTR_SIZE_VER0)
  attributes.writeUInt32LE(PERF_TYPE_SOFTWARE, 0)
  attributes.writeUInt32LE(PERF_ATTR_SIZE_VER0, 4)
  attributes.writeUInt32LE(PERF_COUNT_SW_TASK_CLOCK, 8)
  // Excludes the kernel, because an ordinary user may not count events of the kernel (perf_event_paranoid 2). The task
  // clock still includes the time in the kernel.
  const scope = PERF_ATTR_EXCLUDE_KERNEL | PERF_ATTR_EXCLUDE_HV
  const start = PERF_ATTR_DISABLED | PERF_ATTR_ENABLE_ON_EXEC
  attributes.writeUInt32LE(PERF_ATTR_INHERIT | scope | start, 40)
  return attributes
}

/**
 * Opens the counter if the kernel and the container allow a counter.
 *
 * @param next the label of the step that follows
 */
export const counterSteps = (next: string): Step[] => [
  init('perf_event_open', [bytes(counterAttributes()), 0, -1, -1, PERF_FLAG_FD_CLOEXEC], {
    store: 'init.fd',
    onError: { goto: next },
    shown: 'PERF_COUNT_SW_TASK_CLOCK|inherit|enable_on_exec, 0, -1, -1, PERF_FLAG_FD_CLOEXEC',
  }),
  init('dup3', [load('init.fd'), FD.cpuCounter, O_CLOEXEC]),
  init('close', [load('init.fd')]),
]

/** Reads the counter after its processes have ended. Without a counter the place keeps its value. */
export const readCounterStep = (place: string): Step =>
  init('read', [FD.cpuCounter, at(place), 8], { onError: 'continue' })
