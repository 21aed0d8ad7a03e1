import type { EndedProcess } from '../../ffi/libc.ts'
import { parseRusage, type ReportRecord, type Rusage } from '../../launcher/report/parse-report.ts'
import type { Held } from '../../limits/hold.ts'
import type { Seen } from '../../limits/watch/watch.ts'
import type { SandboxUsage } from '../result.ts'

type Record<Kind extends ReportRecord['kind']> = Extract<ReportRecord, { kind: Kind }>

/**
 * The usage of a run, from the figures of the reaped processes (getrusage(2)). With a control group, the usage also
 * comes from the group's figures, which include processes that were not reaped.
 *
 * @param processors the number of the run's processors
 */
export function measure(
  records: readonly ReportRecord[],
  end: Record<'end'>,
  {
    held,
    init,
    processors,
  }: {
    readonly held: Pick<Held, 'group' | 'seen'>
    readonly init: EndedProcess | undefined
    readonly processors: number
  },
): SandboxUsage {
  const { group, seen } = held
  const { rusage, wallTimeMs } = end
  const times = longer(rusage, group && withoutInit(group, init, end))
  const doubt = group === undefined && seen !== undefined ? doubtOf(end, seen) : undefined
  // The watch adds up ticks of 10 ms, so the watch's sum counts only if there is no better figure.
  const isCounted = end.countedMs !== undefined && doubt === undefined
  const seenMs = isCounted ? 0 : (seen?.cpuTimeMs ?? 0)
  const cpuTimeMs = Math.max(sum(times), end.countedMs ?? 0, seenMs)
  // The number of a group's processes includes the init.
  const peakProcesses = Math.max(1, (group?.peakProcesses ?? 0) - 1, seen?.peakProcesses ?? 0)
  const longestWaitMs = waitOf(records, seen, cpuTimeMs) ?? group?.waitTimeMs
  // If the measured CPU time is too low, or if the program chose a low priority, the program would seem to have waited
  // for other programs. The waiting time is then unknown.
  const isUnknown = doubt !== undefined || seen?.lowersPriority === true
  const waitTimeMs =
    longestWaitMs === undefined || isUnknown
      ? undefined
      : Math.min(longestWaitMs, waitOfOneThread(wallTimeMs, cpuTimeMs, processors))
  return {
    wallTimeMs,
    cpuTimeMs,
    ...(doubt === undefined ? {} : { cpuTimeLowerBound: doubt }),
    ...rusage,
    ...scaledTo(cpuTimeMs, times),
    peakMemoryBytes: group?.peakMemoryBytes ?? peakMemory(rusage, seen),
    peakProcesses,
    ...(waitTimeMs === undefined ? {} : { waitTimeMs }),
  }
}

// A program with more threads than processors makes its own threads wait. A program with one thread per
// processor waits only while other programs use the processors.
const waitOfOneThread = (wallTimeMs: number, cpuTimeMs: number, processors: number): number =>
  Math.max(0, wallTimeMs - cpuTimeMs / processors)

interface Times {
  readonly userTimeMs: number
  readonly systemTimeMs: number
}

const sum = ({ userTimeMs, systemTimeMs }: Times): number => userTimeMs + systemTimeMs

// A CPU time that is better than the kernel's accounts has no user part and no system part. This function therefore
// splits the CPU time in the same proportion as the accounts.
function scaledTo(cpuTimeMs: number, times: Times): Times {
  const factor = cpuTimeMs / sum(times)
  if (!Number.isFinite(factor)) return { userTimeMs: cpuTimeMs, systemTimeMs: 0 }
  return { userTimeMs: times.userTimeMs * factor, systemTimeMs: times.systemTimeMs * factor }
}

const longer = ({ userTimeMs, systemTimeMs }: Times, group: Times | undefined): Times =>
  group !== undefined && sum(group) > userTimeMs + systemTimeMs
    ? group
    : { userTimeMs, systemTimeMs }

// A group's figures include the init. The usage of the init and of the init's helpers is not the program's usage.
function withoutInit(group: Times, init: EndedProcess | undefined, end: Record<'end'>): Times {
  const whole = init && parseRusage(Buffer.from(init.rusage))
  const own = (name: keyof Times): number =>
    whole === undefined ? 0 : Math.max(0, whole[name] - end.rusage[name])
  return {
    userTimeMs: Math.max(0, group.userTimeMs - own('userTimeMs')),
    systemTimeMs: Math.max(0, group.systemTimeMs - own('systemTimeMs')),
  }
}

/**
 * How long other programs delayed a thread of a run that reached its walltime. A thread waits for a processor while the
 * thread is ready and does not run. The run's own threads delayed the thread for at most the time that they ran.
 */
function waitOf(
  records: readonly ReportRecord[],
  seen: Seen | undefined,
  cpuTimeMs: number,
): number | undefined {
  const walltime = records.find(
    (record): record is Record<'walltime'> => record.kind === 'walltime',
  )
  if (walltime === undefined) return undefined
  // The init reads the times of the main thread, and the watch reads the times of every thread.
  const readyMs = Math.max(readyTimeMs(walltime.schedstat), seen?.waitAndRunMs ?? 0)
  return Math.max(0, readyMs - cpuTimeMs)
}

/** How long a thread ran or waited, from the text of its schedstat: the first two numbers, in nanoseconds. */
function readyTimeMs(schedstat: string): number {
  const [ran = 0, waited = 0] = schedstat.split(' ').map(Number)
  return (ran + waited) / 1e6 || 0
}

const FORGOTTEN =
  'it ignores SIGCHLD or sets SA_NOCLDWAIT, so the kernel forgets the CPU time of its children'
const LEFT =
  "it has files that it may execute but not read, so the kernel's counter does not have all of its CPU time"

/**
 * The largest difference of two exact figures of the same processes, in ms. Only one of the figures includes the
 * program's start.
 */
const ACCOUNTS_DIFFER_MS = 20

/**
 * Why the CPU time is only a lower bound; undefined without such a reason. A process that the counter lost may have
 * ended before the watch saw the process. The kernel's accounts still have the time of such a process if the parent
 * waited for the process.
 */
function doubtOf({ countedMs, rusage }: Record<'end'>, seen: Seen): string | undefined {
  if (countedMs === undefined) return seen.forgetsChildren ? FORGOTTEN : undefined
  const isLost = sum(rusage) > countedMs + ACCOUNTS_DIFFER_MS
  return seen.leavesCounter || isLost ? LEFT : undefined
}

/** The size of the smallest page. Every private page of a program caused a page fault. Most pages of a file did not. */
const PAGE_BYTES = 4096

/**
 * The peak memory in use. The kernel's own peak includes the mapped pages of files, which do not count. This function
 * subtracts the pages of files that the watch saw, and all pages without a page fault.
 */
function peakMemory({ maxRssBytes, minorPageFaults }: Rusage, seen: Seen | undefined): number {
  const own = maxRssBytes - (seen?.peakFileBytes ?? 0)
  return Math.max(seen?.peakMemoryBytes ?? 0, Math.min(own, minorPageFaults * PAGE_BYTES), 0)
}
