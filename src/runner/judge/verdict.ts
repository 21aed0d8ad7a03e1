import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import type { EnforcementByLimit, Limits } from '../../limits/table.ts'
import { signalName } from '../../linux/signals.ts'
import { decodeCall } from '../../seccomp/decode/denied-syscall.ts'
import { remedy } from '../../seccomp/decode/remedy.ts'
import type { SeccompPolicy } from '../../seccomp/seccomp-policy.ts'
import { formatDuration } from '../../units/duration.ts'
import { formatSize } from '../../units/size.ts'
import { visibleLine } from '../../units/visible.ts'
import type { OutputExcess } from '../io/capture.ts'
import type { DeniedSyscall, SandboxStatus, SandboxUsage } from '../result.ts'

/** The evidence from which `judge()` derives the verdict. */
export interface Evidence {
  readonly limits: Limits
  readonly policy: string
  /** The policy's filter. */
  readonly seccomp?: SeccompPolicy | undefined
  readonly usage: SandboxUsage
  /** The program's wait status, of wait(2). */
  readonly waitStatus: number
  /**
   * How the filter reports a denied call: to the init, or only by the kernel's SIGSYS. `none`: it kills for
   * no call.
   */
  readonly filter: 'listener' | 'kill' | 'none' | undefined
  /** The bound that the output exceeded. */
  readonly outputExceeded: OutputExcess | undefined
  /** Whether the init ended the run at its walltime. */
  readonly walltimeReached: boolean
  /** Whether the init ended the run because the caller asked for it. */
  readonly stopped: boolean
  /** Whether the program's stdin was open and empty at its end. */
  readonly awaitsInput?: boolean
  /** Whether the init ended the run because the program interfered with it. */
  readonly tampered: boolean
  /** How the limits were held. */
  readonly enforcement: EnforcementByLimit
  /** The limit for which the watch of the process tree ended the run. */
  readonly exceeded?: 'cpu' | 'memory' | undefined
  /** How much the program had written when the watch of its files ended the run. */
  readonly exceededDiskBytes?: number | undefined
  /** How many processes the kernel killed because the control group was out of memory. */
  readonly oomKills?: number
  /** How many calls the filter denied, received or not, where the init counted them. */
  readonly deniedCalls?: bigint | undefined
  /** The size of the last request for more memory than the program can get. */
  readonly refusedBytes?: bigint | undefined
  /** The denied call, where the kernel names it. */
  readonly denied?: Extract<ReportRecord, { kind: 'seccomp' }> | undefined
}

export interface Verdict {
  readonly status: SandboxStatus
  readonly exitCode?: number
  readonly signal?: string
  readonly reason: string
  readonly syscall?: DeniedSyscall
}

/**
 * Names the cause of a run's end. In this order:
 *
 * 1. `seccomp`: the filter denied a call.
 * 2. `output`: there was more output than allowed, whether or not the program had ended by then.
 * 3. `walltime`: the kernel's timer ended the run.
 * 4. `cpu`, `memory`: the watch of the process tree ended the run.
 * 5. `aborted`: the caller ended the run.
 * 6. `cpu`: the kernel's SIGXCPU or SIGKILL at the CPU limit, or more CPU time than the limit.
 * 7. `memory`: the kernel killed a process for the control group's limit; without a group, more resident
 *    memory than the limit.
 * 8. `signaled`: any other signal.
 * 9. `exited`.
 *
 * Limits come before the program's own end, for it may hide what happened: a shell that exits with 0
 * although its child was killed.
 */
export function judge(evidence: Evidence): Verdict {
  const end = endOf(evidence.waitStatus)
  const verdict =
    seccompVerdict(evidence, end.signal) ??
    limitVerdict(evidence, end.signal) ??
    consumptionVerdict(evidence, end) ??
    ownVerdict(evidence, end)
  return { ...verdict, reason: visibleLine(verdict.reason) }
}

interface End {
  readonly exitCode?: number
  readonly signal?: string
}

function endOf(waitStatus: number): End {
  const signal = waitStatus & 0x7f
  return signal === 0 ? { exitCode: (waitStatus >> 8) & 0xff } : { signal: signalName(signal) }
}

const noRules: SeccompPolicy = { default: 'kill', rules: [] }

function seccompVerdict(evidence: Evidence, signal?: string): Verdict | undefined {
  const { denied, filter, policy } = evidence
  if (denied !== undefined) {
    const syscall = decodeCall(denied)
    const change = remedy(denied, { name: policy, seccomp: evidence.seccomp ?? noRules })
    const reason = `killed by seccomp: ${syscall.text} is not in policy "${policy}"; ${change}`
    return { status: 'seccomp', signal: 'SIGSYS', reason, syscall }
  }
  if ((evidence.deniedCalls ?? 0n) > 0n) {
    const reason = `killed by seccomp: the program made a system call that is not in policy "${policy}"; its process ended at the same time, so the call's name is lost; the call was not executed`
    return { status: 'seccomp', signal: 'SIGSYS', reason }
  }
  // Where the init receives denied calls, a SIGSYS without one was sent by a program.
  if (signal !== 'SIGSYS' || filter !== 'kill') return undefined
  const reason = `killed by seccomp: a system call is not allowed by policy "${policy}"`
  return { status: 'seccomp', signal, reason }
}

function limitVerdict(evidence: Evidence, signal?: string): Verdict | undefined {
  const { limits, usage, outputExceeded, walltimeReached, exceeded, stopped } = evidence
  const ending = signal === undefined ? {} : { signal }
  if (outputExceeded !== undefined) {
    return { status: 'output', ...ending, reason: outputReason(outputExceeded, limits) }
  }
  if (walltimeReached) {
    const reason = `ran longer than the walltime limit of ${formatDuration(limits.wallTimeMs ?? 0)}`
    const why = starvation(usage) || inputWait(evidence)
    return { status: 'walltime', ...ending, reason: `${reason}${why}` }
  }
  if (exceeded === 'cpu') return { status: 'cpu', ...ending, reason: cpuReason(evidence) }
  if (exceeded === 'memory') return { status: 'memory', ...ending, reason: memoryReason(evidence) }
  if (evidence.exceededDiskBytes !== undefined) {
    return { status: 'signaled', ...ending, reason: diskReason(evidence.exceededDiskBytes, limits) }
  }
  if (stopped) {
    return { status: 'aborted', ...ending, reason: `ended by the caller${inputWait(evidence)}` }
  }
  return undefined
}

function outputReason(excess: OutputExcess, { outputBytes }: Limits): string {
  if (excess === 'limit')
    return `wrote more than the output limit of ${formatSize(outputBytes ?? 0)}`
  const advice = `take bytes with \`encoding: 'buffer'\`, or ${outputBytes === undefined ? 'set' : 'lower'} limits.output`
  return `wrote more to one stream than a text can hold (512 MiB); ${advice}`
}

/** Whether a program spent most of its time waiting for a processor. */
const isStarved = ({
  wallTimeMs,
  waitTimeMs = 0,
}: {
  readonly wallTimeMs: number
  readonly waitTimeMs?: number | undefined
}): boolean => waitTimeMs > wallTimeMs / 2

/** Whether a run reached its walltime because it waited for a processor. Waiting does not matter to a run that ended before. */
export const wasStarved = ({
  status,
  usage,
}: {
  readonly status: string
  readonly usage: Parameters<typeof isStarved>[0]
}): boolean => status === 'walltime' && isStarved(usage)

function starvation(usage: SandboxUsage): string {
  if (!isStarved(usage)) return ''
  return `, but waited for a processor for ${formatDuration(usage.waitTimeMs ?? 0)} of that: the machine was too busy to judge it`
}

/** A program that waits for input uses no more CPU time than its start takes. */
const isIdle = ({ cpuTimeMs, wallTimeMs }: SandboxUsage): boolean => cpuTimeMs < wallTimeMs / 4

function inputWait({ usage, awaitsInput }: Evidence): string {
  if (awaitsInput !== true || !isIdle(usage)) return ''
  return `; it used ${formatDuration(usage.cpuTimeMs)} of CPU time while its stdin was open and empty: it was probably waiting for input`
}

function cpuReason({ limits, usage }: Evidence): string {
  const { cpuTimeMs, cpuTimeLowerBound } = usage
  const limitMs = limits.cpuTimeMs ?? 0
  const limit = `the limit is ${formatDuration(limitMs)}`
  if (cpuTimeLowerBound === undefined || cpuTimeMs > limitMs) {
    return `used ${formatDuration(cpuTimeMs)} of CPU time; ${limit}`
  }
  return `may have used more CPU time than its limit, so its wall time counts: ${cpuTimeLowerBound}; ${limit}`
}

const diskReason = (bytes: number, { diskBytes }: Limits): string =>
  `wrote ${formatSize(bytes)} of files; the disk limit is ${formatSize(diskBytes ?? 0)}`

function memoryReason({ limits: { memoryBytes }, usage }: Evidence): string {
  const used = `used ${formatSize(usage.peakMemoryBytes)} of memory`
  if (memoryBytes !== undefined) return `${used}; the limit is ${formatSize(memoryBytes)}`
  return `${used}; a run without a memory limit may use half of what the machine or container has`
}

function consumptionVerdict(evidence: Evidence, end: End): Verdict | undefined {
  const { limits, usage, oomKills = 0, enforcement } = evidence
  const { cpuTimeMs: mostCpuMs, memoryBytes } = limits
  const { cpuTimeMs } = usage
  // The kernel checks RLIMIT_CPU by ticks, which run ahead of the time it accounts.
  if (
    mostCpuMs !== undefined &&
    cpuTimeMs > mostCpuMs - (end.signal === 'SIGXCPU' ? Math.max(50, mostCpuMs / 5) : 0)
  ) {
    return { status: 'cpu', ...end, reason: cpuReason(evidence) }
  }
  // The kernel held the group to its limit and reports that. Resident memory may be charged to others.
  const exceedsMemory =
    enforcement.memory === 'cgroup'
      ? oomKills > 0
      : memoryBytes !== undefined && usage.peakMemoryBytes > memoryBytes
  if (exceedsMemory) {
    const killed = oomKills > 0 ? '; the kernel killed it for that' : ''
    return { status: 'memory', ...end, reason: `${memoryReason(evidence)}${killed}` }
  }
  return undefined
}

function ownVerdict(evidence: Evidence, end: End): Verdict {
  const { limits, tampered } = evidence
  if (tampered) {
    return { status: 'signaled', ...end, reason: "ended for interfering with the sandbox's init" }
  }
  if (end.signal === undefined) {
    const why = end.exitCode === 0 ? '' : memoryTrouble(evidence)
    return { status: 'exited', ...end, reason: `exited with code ${end.exitCode}${why}` }
  }
  const because =
    end.signal === 'SIGXFSZ' && limits.fileSizeBytes !== undefined
      ? `: a file or memory file would have become larger than the limit of ${formatSize(limits.fileSizeBytes)}`
      : (meanings[end.signal] ?? '')
  const atLoad = loadFailure(evidence, end)
  const why = atLoad || `${because}${memoryTrouble(evidence)}`
  return { status: 'signaled', ...end, reason: `killed by ${end.signal}${why}` }
}

/** From this part of the limit on, a program's own end may come from a lack of memory. */
const NEARLY_ALL = 0.7

// The kernel, or a heap that is smaller than the limit, refused memory. What the program made of it is not known, so
// this is no verdict of its own.
function memoryTrouble({ limits, usage, refusedBytes }: Evidence): string {
  const { memoryBytes, addressSpaceBytes } = limits
  if (refusedBytes !== undefined) {
    const size = formatSize(Number(refusedBytes))
    const bound =
      addressSpaceBytes !== undefined && refusedBytes > addressSpaceBytes
        ? `the limit addressSpace is ${formatSize(addressSpaceBytes)}`
        : memoryBytes !== undefined && `the memory limit is ${formatSize(memoryBytes)}`
    return `; before that, an allocation of ${size} failed${bound ? `: ${bound}` : ''}`
  }
  const used = usage.peakMemoryBytes
  if (memoryBytes === undefined || used < memoryBytes * NEARLY_ALL) return ''
  return `; it had used ${formatSize(used)} of memory, and the limit is ${formatSize(memoryBytes)}`
}

// The kernel has let go of the old program when it makes room for the static data of the new one, so it can only end
// the process (execve(2)). A process that made its first step has had two page faults: for its stack and for its code.
function loadFailure({ limits: { memoryBytes }, usage }: Evidence, { signal }: End): string {
  const faults = usage.minorPageFaults + usage.majorPageFaults
  if (signal !== 'SIGSEGV' || usage.maxRssBytes > 0 || faults > 1) return ''
  const limit = memoryBytes === undefined ? '' : `; the memory limit is ${formatSize(memoryBytes)}`
  return `: the kernel could not load the program, whose static data are larger than the machine's memory, or whose file is damaged${limit}`
}

const meanings: Readonly<Record<string, string>> = {
  SIGSEGV: ' (invalid memory access)',
  SIGABRT: ' (abort)',
  SIGFPE: ' (arithmetic error, such as a division by zero)',
  SIGBUS: ' (bus error)',
  SIGILL: ' (illegal instruction)',
}
