import { ADDRESS_SPACE } from '../../limits/answered-sizes.ts'
import type { Limits } from '../../limits/table.ts'
import { errnoName, errnoText } from '../../linux/errno.ts'
import { formatDuration } from '../../units/duration.ts'
import { formatSize } from '../../units/size.ts'
import type { OutputExcess } from '../io/capture.ts'
import type { SandboxUsage } from '../result.ts'
import type { End, Evidence } from './evidence.ts'

/** The reason of a run that ended because its output exceeded a bound. */
export function outputReason(excess: OutputExcess, { outputBytes }: Limits): string {
  if (excess === 'limit')
    return `wrote more than the output limit of ${formatSize(outputBytes ?? 0)}`
  const advice = `take bytes with \`encoding: 'buffer'\`, or ${outputBytes === undefined ? 'set' : 'lower'} limits.output`
  return `wrote more to one stream than a text can hold (512 MiB); ${advice}`
}

/** Whether a program hardly computed. A program that waits for input uses little more CPU time than its start takes. */
const isIdle = ({ cpuTimeMs, wallTimeMs }: SandboxUsage): boolean => cpuTimeMs < wallTimeMs / 4

/** The words about a program that was waiting for input; empty for any other program. */
export function inputWait({ usage, awaitsInput }: Evidence): string {
  if (awaitsInput !== true || !isIdle(usage)) return ''
  return `; it used ${formatDuration(usage.cpuTimeMs)} of CPU time while its stdin was open and empty: it was probably waiting for input`
}

/** The reason of a run that ended because of its CPU time. */
export function cpuReason({ limits, usage }: Evidence): string {
  const { cpuTimeMs, cpuTimeLowerBound } = usage
  const limitMs = limits.cpuTimeMs ?? 0
  const limit = `the limit is ${formatDuration(limitMs)}`
  if (cpuTimeLowerBound === undefined || cpuTimeMs > limitMs) {
    return `used ${formatDuration(cpuTimeMs)} of CPU time; ${limit}`
  }
  return `may have used more CPU time than its limit, so its wall time counts: ${cpuTimeLowerBound}; ${limit}`
}

/** The reason of a run that ended because of the size of its files. */
export const diskReason = (bytes: number, { diskBytes }: Limits): string =>
  `wrote ${formatSize(bytes)} of files; the disk limit is ${formatSize(diskBytes ?? 0)}`

/** The reason of a run that ended because of its memory. */
export function memoryReason({ limits: { memoryBytes }, usage }: Evidence): string {
  const used = `used ${formatSize(usage.peakMemoryBytes)} of memory`
  if (memoryBytes !== undefined) return `${used}; the limit is ${formatSize(memoryBytes)}`
  return `${used}; a run without a memory limit may use half of what the machine or container has`
}

/** A program that used at least this part of its limit may have ended by itself for a lack of memory. */
const NEARLY_ALL = 0.7

/**
 * The words about a lack of memory before a program's own end. The program may have handled the lack, so the lack alone
 * is no verdict.
 */
export function memoryTrouble(evidence: Evidence): string {
  const { limits, usage, refusedBytes, reported } = evidence
  const { memoryBytes, addressSpaceBytes } = limits
  if (refusedBytes !== undefined) {
    const size = formatSize(Number(refusedBytes))
    const bound =
      addressSpaceBytes !== undefined && refusedBytes > addressSpaceBytes
        ? `the limit addressSpace is ${formatSize(addressSpaceBytes)}`
        : memoryBytes !== undefined && `the memory limit is ${formatSize(memoryBytes)}`
    return `; before that, an allocation of ${size} failed${bound ? `: ${bound}` : ''}`
  }
  const used = `it had used ${formatSize(usage.peakMemoryBytes)} of memory`
  const figures =
    memoryBytes === undefined ? used : `${used}, and the limit is ${formatSize(memoryBytes)}`
  const isNear = memoryBytes !== undefined && usage.peakMemoryBytes >= memoryBytes * NEARLY_ALL
  if (isNear) return `; ${figures}`
  const space = spaceTrouble(evidence)
  if (space !== '' || reported?.limit !== 'memory') return space
  return `; its stderr reports a failed allocation, "${reported.message}"; ${figures}`
}

/** The words about a program that reached its limit of processes; empty for any other program. */
export function crowd({ limits: { processes }, usage }: Evidence): string {
  if (processes === undefined || usage.peakProcesses < processes) return ''
  return `; it had ${usage.peakProcesses} processes at once, and the limit is ${processes}`
}

/** The words about a limit, other than memory, that a program reached before its own end. */
export function limitTrouble(evidence: Evidence): string {
  const { limits, reported } = evidence
  const crowded = crowd(evidence)
  if (crowded !== '' || reported === undefined) return crowded
  const { diskBytes, openFiles, processes } = limits
  const bounds: Readonly<Record<string, string | false>> = {
    disk: diskBytes !== undefined && `the disk limit is ${formatSize(diskBytes)}`,
    openFiles: openFiles !== undefined && `the limit openFiles is ${openFiles}`,
    processes: processes !== undefined && `the limit of processes and threads is ${processes}`,
  }
  const bound = bounds[reported.limit]
  return bound ? `; its stderr reports "${reported.message}", and ${bound}` : ''
}

// Many requests, each of which is small enough, can fill the address space, although the program touches little of that
// space. TSan reserves half of the machine's address space, which is less than the part NEARLY_ALL.
function spaceTrouble({ limits: { addressSpaceBytes }, seenSpaceBytes = 0 }: Evidence): string {
  const machine = Number(ADDRESS_SPACE[process.arch === 'arm64' ? 'arm64' : 'x64'])
  if (seenSpaceBytes < (addressSpaceBytes ?? machine) * NEARLY_ALL) return ''
  const bound =
    addressSpaceBytes === undefined
      ? `the machine has ${formatSize(machine)}`
      : `the limit is ${formatSize(addressSpaceBytes)}`
  return `; it had reserved ${formatSize(seenSpaceBytes)} of address space, and ${bound}`
}

/** The words about a program that SIGXFSZ ended. */
export const fileReason = (evidence: Evidence, limitBytes: number): string =>
  `: a file or memory file would have become larger than the limit of ${formatSize(limitBytes)}${countedFiles(evidence)}`

/** The words about a file that this machine did not let the init enlarge. The JVM, for example, ignores SIGXFSZ. */
export function fileTrouble(evidence: Evidence): string {
  const { copyErrno, limits } = evidence
  if (copyErrno === undefined) return ''
  return `; before that, a file could not become larger than the limit of ${formatSize(limits.fileSizeBytes ?? 0)}${countedFiles(evidence)}`
}

// .NET and the JVM with ZGC reserve memory files of terabytes, which the init enlarges if the machine allows that.
function countedFiles({ filter, copyErrno }: Evidence): string {
  const advice = 'so memory files count too; limits.disk bounds all files without them'
  if (copyErrno !== undefined) {
    const errno = `${errnoName(copyErrno)}: ${errnoText(copyErrno)}`
    return `; this machine refuses pidfd_getfd (${errno}), ${advice}`
  }
  return filter === 'listener' ? '' : `; no filter reports to the sandbox, ${advice}`
}

/**
 * The words about a program that the kernel could not load. The kernel gives up the old program before it makes room
 * for the static data of the new program. If there is no room, the kernel can only end the process (execve(2)). A
 * process that made its first step has had two page faults: for its stack and for its code.
 */
export function loadFailure({ limits: { memoryBytes }, usage }: Evidence, { signal }: End): string {
  const faults = usage.minorPageFaults + usage.majorPageFaults
  if (signal !== 'SIGSEGV' || usage.maxRssBytes > 0 || faults > 1) return ''
  const limit = memoryBytes === undefined ? '' : `; the memory limit is ${formatSize(memoryBytes)}`
  return `: the kernel could not load the program, whose static data are larger than the machine's memory, or whose file is damaged${limit}`
}
