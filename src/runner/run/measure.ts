import type { EndedProcess } from '../../ffi/libc.ts'
import { parseRusage, type ReportRecord, type Rusage } from '../../launcher/report/parse-report.ts'
import type { Held } from '../../limits/hold.ts'
import type { Seen } from '../../limits/watch/watch.ts'
import type { SandboxUsage } from '../result.ts'

type Record<Kind extends ReportRecord['kind']> = Extract<ReportRecord, { kind: Kind }>

/**
 * What a run used: by the account of the processes that were waited for (getrusage(2)), and where there
 * was a control group by the group's, which also has those that nobody waited for.
 *
 * @param processors how many the run had
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
  const cpuTimeMs = Math.max(sum(times), seen?.cpuTimeMs ?? 0)
  // The init is one of a group's processes.
  const peakProcesses = Math.max(1, (group?.peakProcesses ?? 0) - 1, seen?.peakProcesses ?? 0)
  const longestWaitMs = group?.waitTimeMs ?? waitOf(records, seen?.waitTimeMs)
  // With less CPU time than it had, a program would seem to have waited: then how long it waited is not known.
  const waitTimeMs =
    longestWaitMs === undefined || seen?.isLowerBound
      ? undefined
      : Math.min(longestWaitMs, waitOfOneThread(wallTimeMs, cpuTimeMs, processors))
  return {
    wallTimeMs,
    cpuTimeMs,
    ...(seen?.isLowerBound ? { cpuTimeLowerBound: FORGOTTEN } : {}),
    ...rusage,
    ...times,
    peakMemoryBytes: group?.peakMemoryBytes ?? peakMemory(rusage, seen),
    peakProcesses,
    ...(waitTimeMs === undefined ? {} : { waitTimeMs }),
  }
}

// A program with more threads than processors makes its own threads wait. A program with one thread for each
// processor would have waited only while the processors were others', whatever this one did.
const waitOfOneThread = (wallTimeMs: number, cpuTimeMs: number, processors: number): number =>
  Math.max(0, wallTimeMs - cpuTimeMs / processors)

interface Times {
  readonly userTimeMs: number
  readonly systemTimeMs: number
}

const sum = ({ userTimeMs, systemTimeMs }: Times): number => userTimeMs + systemTimeMs

const longer = ({ userTimeMs, systemTimeMs }: Times, group: Times | undefined): Times =>
  group !== undefined && sum(group) > userTimeMs + systemTimeMs
    ? group
    : { userTimeMs, systemTimeMs }

// A group has the init in it: what that used itself, and its helpers, is not the program's.
function withoutInit(group: Times, init: EndedProcess | undefined, end: Record<'end'>): Times {
  const whole = init && parseRusage(Buffer.from(init.rusage))
  const own = (name: keyof Times): number =>
    whole === undefined ? 0 : Math.max(0, whole[name] - end.rusage[name])
  return {
    userTimeMs: Math.max(0, group.userTimeMs - own('userTimeMs')),
    systemTimeMs: Math.max(0, group.systemTimeMs - own('systemTimeMs')),
  }
}

// Known only of a run that its walltime ended: the init reads its main thread's, the watch every thread's.
function waitOf(records: readonly ReportRecord[], seenMs: number | undefined): number | undefined {
  const walltime = records.find(
    (record): record is Record<'walltime'> => record.kind === 'walltime',
  )
  if (walltime === undefined) return undefined
  return Math.max(parseSchedstat(walltime.schedstat), seenMs ?? 0)
}

/** The waiting time in a schedstat's text, in milliseconds: its second number, nanoseconds. */
const parseSchedstat = (text: string): number => Number(text.split(' ')[1] ?? 0) / 1e6 || 0

const FORGOTTEN =
  'it ignores SIGCHLD or sets SA_NOCLDWAIT, so the kernel forgets the CPU time of its children'

/** The smallest page. Every page of a program's own was a fault, most pages of a file were not. */
const PAGE_BYTES = 4096

/**
 * The most memory that was in use. The kernel's own peak has the mapped pages of files as well, which count for
 * nobody: those that were seen are taken off, and all that no page fault was made for.
 */
function peakMemory({ maxRssBytes, minorPageFaults }: Rusage, seen: Seen | undefined): number {
  const own = maxRssBytes - (seen?.peakFileBytes ?? 0)
  return Math.max(seen?.peakMemoryBytes ?? 0, Math.min(own, minorPageFaults * PAGE_BYTES), 0)
}
