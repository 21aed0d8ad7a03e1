import { SandboxError } from '../../errors/sandbox-error.ts'
import { RECORD, type RecordName } from './records.ts'

/**
 * The kernel's figures for all reaped processes of a run, from struct rusage (getrusage(2)).
 */
export interface Rusage {
  readonly userTimeMs: number
  readonly systemTimeMs: number
  /** Peak resident memory of the largest single process, in bytes. */
  readonly maxRssBytes: number
  readonly minorPageFaults: number
  readonly majorPageFaults: number
  readonly voluntaryContextSwitches: number
  readonly involuntaryContextSwitches: number
}

/** A system call, with the fields of struct seccomp_data. */
export interface CallRecord {
  readonly syscall: number
  /** AUDIT_ARCH_…, linux/audit.h. */
  readonly auditArch: number
  readonly args: readonly bigint[]
}

/** One record of the launch program's report. */
export type ReportRecord =
  | { readonly kind: 'failure'; readonly stepAddress: number; readonly result: number }
  | {
      readonly kind: 'started'
      /** The init's process id. */
      readonly init: number
    }
  | {
      readonly kind: 'walltime'
      /** The text of the main thread's /proc/pid/schedstat; empty if the kernel has no such file. */
      readonly schedstat: string
    }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'tampered' }
  | ({ readonly kind: 'seccomp' } & CallRecord)
  | ({ readonly kind: 'logged' } & CallRecord)
  | {
      readonly kind: 'counted'
      /** The filter's numbers of two notifications: before the program started, and after its end. */
      readonly before: bigint
      readonly after: bigint
    }
  | {
      readonly kind: 'end'
      /** The status of wait(2). */
      readonly status: number
      /** The time of the run's end, on CLOCK_MONOTONIC. */
      readonly endedMs: number
      readonly wallTimeMs: number
      readonly rusage: Rusage
      /** CPU time by the kernel's counter; absent if the kernel refused the counter. */
      readonly countedMs?: number
      /** The number of calls that the init answered. The program continued after each answer. */
      readonly answered: bigint
      /** The size of the last request for more memory than the program can get. */
      readonly refusedBytes?: bigint
      /** The error of pidfd_getfd(2), if this error kept the init from enlarging a file for the program. */
      readonly copyErrno?: number
    }
  | {
      readonly kind: 'exec'
      readonly result: number
      readonly access: number
      readonly head: Uint8Array
    }
  | {
      readonly kind: 'collect'
      readonly result: number
      readonly mode: number
      readonly sizeBytes: number
      readonly copiedBytes: number
    }

const kinds = new Map(
  (Object.keys(RECORD) as RecordName[]).map((kind) => [
    Buffer.from(RECORD[kind].tag).toString('latin1'),
    kind,
  ]),
)

/**
 * Reads the launch program's report.
 *
 * @throws {SandboxError} SETUP_FAILED for bytes that the launch program does not write
 */
export function parseReport(report: Buffer): ReportRecord[] {
  const records: ReportRecord[] = []
  for (let offset = 0; offset < report.length; ) {
    const next = recordAt(report, offset)
    if (next === undefined) {
      const isKnown = kinds.has(report.toString('latin1', offset, offset + 8))
      if (!isKnown) throw damaged(`is damaged at ${offset}`)
      // The kernel keeps each write whole (pipe(7)), so even a killed process leaves only whole records.
      throw damaged('is cut short')
    }
    records.push(next.record)
    offset = next.end
  }
  return records
}

const damaged = (how: string): SandboxError =>
  new SandboxError(`The launch program's report ${how}`, { code: 'SETUP_FAILED' })

/** The record at an offset of a report, and the offset of its end; `undefined` if the record is not complete. */
export function recordAt(
  report: Buffer,
  offset: number,
): { readonly record: ReportRecord; readonly end: number } | undefined {
  const kind = kinds.get(report.toString('latin1', offset, offset + 8))
  if (kind === undefined) return undefined
  const end = offset + RECORD[kind].size
  if (end > report.length) return undefined
  return { record: parseRecord(kind, report.subarray(offset + 8, end)), end }
}

function parseRecord(kind: RecordName, body: Buffer): ReportRecord {
  const int = (offset: number): number => Number(body.readBigInt64LE(offset))
  switch (kind) {
    case 'failure':
      return { kind, stepAddress: int(0), result: int(8) }
    case 'started':
      return { kind, init: int(0) }
    case 'stopped':
    case 'tampered':
      return { kind }
    case 'walltime':
      return { kind, schedstat: body.toString('latin1').replace(/\0.*$/s, '') }
    case 'seccomp':
    case 'logged':
      // struct seccomp_notif: id, pid, flags; then struct seccomp_data: nr, arch, ip, args.
      return {
        kind,
        syscall: body.readInt32LE(16),
        auditArch: body.readUInt32LE(20),
        args: [0, 1, 2, 3, 4, 5].map((index) => body.readBigUInt64LE(32 + index * 8)),
      }
    case 'counted':
      return { kind, before: body.readBigUInt64LE(0), after: body.readBigUInt64LE(80) }
    case 'end': {
      const wallTimeMs = (int(24) - int(8)) * 1000 + (int(32) - int(16)) / 1e6
      const rusage = without(parseRusage(body, 40), parseRusage(body, 40 + 144))
      const counted = int(40 + 2 * 144)
      const answered = body.readBigUInt64LE(40 + 2 * 144 + 8)
      const refusedBytes = body.readBigUInt64LE(40 + 2 * 144 + 16)
      const copy = int(40 + 2 * 144 + 24)
      return {
        kind,
        status: body.readInt32LE(0),
        endedMs: int(24) * 1000 + int(32) / 1e6,
        wallTimeMs,
        rusage,
        ...(counted < 0 ? {} : { countedMs: counted / 1e6 }),
        answered,
        ...(refusedBytes === 0n ? {} : { refusedBytes }),
        ...(copy < 0 ? { copyErrno: -copy } : {}),
      }
    }
    case 'exec':
      return { kind, result: int(0), access: int(8), head: body.subarray(16) }
    case 'collect':
      // struct statx: stx_mode at 28, stx_size at 40.
      return {
        kind,
        result: int(0),
        mode: body.readUInt16LE(8 + 28),
        sizeBytes: int(8 + 40),
        copiedBytes: int(8 + 256),
      }
  }
}

// Times and counts are sums over all children, so the function subtracts the sums of the earlier children. The largest
// resident set is not a sum, because it belongs to one process.
function without(all: Rusage, before: Rusage): Rusage {
  const more = (name: keyof Rusage): number => Math.max(0, all[name] - before[name])
  return {
    userTimeMs: more('userTimeMs'),
    systemTimeMs: more('systemTimeMs'),
    maxRssBytes: all.maxRssBytes,
    minorPageFaults: more('minorPageFaults'),
    majorPageFaults: more('majorPageFaults'),
    voluntaryContextSwitches: more('voluntaryContextSwitches'),
    involuntaryContextSwitches: more('involuntaryContextSwitches'),
  }
}

/** Reads a struct rusage: two struct timeval, then fourteen longs of which Linux fills eight. */
export function parseRusage(body: Buffer, offset = 0): Rusage {
  const long = (index: number): number => Number(body.readBigInt64LE(offset + index * 8))
  return {
    userTimeMs: long(0) * 1000 + long(1) / 1000,
    systemTimeMs: long(2) * 1000 + long(3) / 1000,
    maxRssBytes: long(4) * 1024,
    minorPageFaults: long(8),
    majorPageFaults: long(9),
    voluntaryContextSwitches: long(16),
    involuntaryContextSwitches: long(17),
  }
}
