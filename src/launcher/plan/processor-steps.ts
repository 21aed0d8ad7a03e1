import {
  AT_FDCWD,
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  O_CLOEXEC,
  O_CREAT,
  O_WRONLY,
} from '../../linux/constants.ts'
import { bytes, load, type Step, type StepFailure, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'

const init = stepsOf('init')
const failure: StepFailure = { code: 'SETUP_FAILED' }

/** How a sandbox shows the number of processors that its program may use. */
export interface ProcessorView {
  readonly count: number
  /** Whether the sandbox has files in /sys/devices/system/cpu. */
  readonly sys: boolean
  /** The contents that the sandbox shows for files of /proc, by the names of the files. */
  readonly proc: Readonly<Record<string, string>>
}

const DIRECTORY = '/sys/devices/system/cpu'
/** The file in which the kernel lists the processors (sysfs, ABI/testing/sysfs-devices-system-cpu). */
const LIST = `${DIRECTORY}/online`

/**
 * Steps that make the files from which the C library counts processors. Each run writes the numbers of its own
 * processors (`writeProcessorsStep`), because some allocators use the list together with sched_getcpu(2).
 *
 * @param root the directory that becomes the sandbox's root. The directory is not a mount yet, because a mount with a
 *   file that is open for writing cannot become read-only
 */
export function processorDirectorySteps({ count, sys }: ProcessorView, root: string): Step[] {
  if (!sys) return []
  const parents = ['/sys', '/sys/devices', '/sys/devices/system', DIRECTORY]
  // glibc before 2.36 counts the directories instead.
  const counted = Array.from({ length: count }, (_, index) => `cpu${index}`)
  const make = (path: string) => init('mkdirat', [AT_FDCWD, text(path), 0o555], { failure })
  return [
    ...parents.map((path) => make(`${root}${path}`)),
    init('chdir', [text(`${root}${DIRECTORY}`)]),
    ...counted.map(make),
    init('openat', [AT_FDCWD, text('online'), O_WRONLY | O_CREAT | O_CLOEXEC, 0o444], {
      store: 'init.fd',
      failure,
    }),
    init('dup3', [load('init.fd'), FD.processors, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    ...['possible', 'present'].map((name) =>
      init('linkat', [AT_FDCWD, text('online'), AT_FDCWD, text(name), 0], { failure }),
    ),
  ]
}

/** Steps that mount files over files of /proc. The new files show only the program's processors. */
export function coverProcSteps({ proc }: ProcessorView): Step[] {
  const readOnly = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
  return Object.entries(proc).flatMap(([name, contents]) => {
    const data = Buffer.from(contents)
    const [source, target] = [text(`../${name}`), text(`proc/${name}`)]
    return [
      init('openat', [AT_FDCWD, source, O_WRONLY | O_CREAT | O_CLOEXEC, 0o444], {
        store: 'init.fd',
        failure,
      }),
      init('write', [load('init.fd'), bytes(data), data.length], {
        shown: `${JSON.stringify(`/proc/${name}`)}, ${data.length} bytes`,
        whenDifferent: { value: data.length, goto: 'fail' },
        failure,
      }),
      init('close', [load('init.fd')]),
      init('mount', [source, target, 0, MS_BIND, 0], { failure: { code: 'MOUNT_FAILED' } }),
      init('mount', [0, target, 0, readOnly, 0], { failure: { code: 'MOUNT_FAILED' } }),
    ]
  })
}

/** The step that writes the numbers of a run's processors. */
export function writeProcessorsStep(processors: readonly number[]): Step {
  const list = `${listOf(processors)}\n`
  return stepsOf('target')('write', [FD.processors, text(list), list.length], {
    shown: `${JSON.stringify(LIST)}, ${JSON.stringify(list)}`,
    failure,
  })
}

/** Numbers as the kernel lists them: `0-2,5` (cpuset(7), "List format"). */
export function listOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const each of numbers.toSorted((one, other) => one - other)) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === each - 1) last[1] = each
    else ranges.push([each, each])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
