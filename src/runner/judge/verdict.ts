import { signalName } from '../../linux/signals.ts'
import { decodeCall } from '../../seccomp/decode/denied-syscall.ts'
import { remedy } from '../../seccomp/decode/remedy.ts'
import type { SeccompPolicy } from '../../seccomp/seccomp-policy.ts'
import { formatDuration } from '../../units/duration.ts'
import { visibleLine } from '../../units/visible.ts'
import type { DeniedSyscall, SandboxStatus } from '../result.ts'
import type { End, Evidence } from './evidence.ts'
import {
  cpuReason,
  crowd,
  diskReason,
  fileReason,
  fileTrouble,
  inputWait,
  limitTrouble,
  loadFailure,
  memoryReason,
  memoryTrouble,
  outputReason,
} from './reasons.ts'
import { starvation } from './starvation.ts'

/** The cause of a run's end. */
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
 * 6. `cpu`: the kernel sent SIGXCPU or SIGKILL at the CPU limit, or the program used more CPU time than the limit.
 * 7. `memory`: the kernel killed a process because of the control group's limit. Without a group: the program used more
 *    resident memory than the limit.
 * 8. `signaled`: any other signal.
 * 9. `exited`.
 *
 * Limits come before the program's own end, because the program's end may hide the cause. For example, a shell can exit
 * with 0 although its child was killed.
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
    const instead =
      (evidence.answeredCalls ?? 0n) > 0n
        ? ', or asked for more memory than there is and was interrupted'
        : ''
    const reason = `killed by seccomp: the program made a system call that is not in policy "${policy}"${instead}; its process ended at the same time, so the call's name is lost; the call was not executed`
    return { status: 'seccomp', signal: 'SIGSYS', reason }
  }
  // If the init receives denied calls, a SIGSYS without a denied call comes from a program.
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
    const why = crowd(evidence) || starvation(usage) || inputWait(evidence)
    return { status: 'walltime', ...ending, reason: `${reason}${why}` }
  }
  if (exceeded === 'cpu') {
    return { status: 'cpu', ...ending, reason: `${cpuReason(evidence)}${crowd(evidence)}` }
  }
  if (exceeded === 'memory') return { status: 'memory', ...ending, reason: memoryReason(evidence) }
  if (evidence.exceededDiskBytes !== undefined) {
    return { status: 'signaled', ...ending, reason: diskReason(evidence.exceededDiskBytes, limits) }
  }
  if (stopped) {
    return { status: 'aborted', ...ending, reason: `ended by the caller${inputWait(evidence)}` }
  }
  return undefined
}

function consumptionVerdict(evidence: Evidence, end: End): Verdict | undefined {
  const { limits, usage, oomKills = 0, enforcement } = evidence
  const { cpuTimeMs: mostCpuMs, memoryBytes } = limits
  const { cpuTimeMs } = usage
  // The kernel checks RLIMIT_CPU by ticks. The sum of the ticks can be higher than the CPU time that the kernel
  // reports.
  if (
    mostCpuMs !== undefined &&
    cpuTimeMs > mostCpuMs - (end.signal === 'SIGXCPU' ? Math.max(50, mostCpuMs / 5) : 0)
  ) {
    return { status: 'cpu', ...end, reason: cpuReason(evidence) }
  }
  // The kernel enforces the limit of a control group and reports its kills. With a group, resident memory is no
  // measure, because the kernel may charge it to other groups.
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
    const why = end.exitCode === 0 ? '' : fileTrouble(evidence) || trouble(evidence)
    return { status: 'exited', ...end, reason: `exited with code ${end.exitCode}${why}` }
  }
  const because =
    end.signal === 'SIGXFSZ' && limits.fileSizeBytes !== undefined
      ? fileReason(evidence, limits.fileSizeBytes)
      : (meanings[end.signal] ?? '')
  const atLoad = loadFailure(evidence, end)
  const why = atLoad || `${because}${trouble(evidence)}`
  return { status: 'signaled', ...end, reason: `killed by ${end.signal}${why}` }
}

const trouble = (evidence: Evidence): string => memoryTrouble(evidence) || limitTrouble(evidence)

const meanings: Readonly<Record<string, string>> = {
  SIGSEGV: ' (invalid memory access)',
  SIGABRT: ' (abort)',
  SIGFPE: ' (arithmetic error, such as a division by zero)',
  SIGBUS: ' (bus error)',
  SIGILL: ' (illegal instruction)',
}
