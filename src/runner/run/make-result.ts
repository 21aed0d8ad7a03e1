import { SandboxError } from '../../errors/sandbox-error.ts'
import type { Limits } from '../../policy/policy.ts'
import type { ReportRecord, Rusage } from '../launcher/report/parse.ts'
import type { RunOptions } from '../options/normalize.ts'
import {
  brandResult,
  type EnforcementByLimit,
  type SandboxResult,
  type SandboxUsage,
} from '../result.ts'
import { signalName } from '../verdict/signals.ts'
import { judge } from '../verdict/verdict.ts'
import { collectFiles, type ReadCollected } from './collected.ts'

/** All that is known once a run is over. */
export interface RunFacts {
  readonly records: readonly ReportRecord[]
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly outputExceeded: boolean
  /** How the filter reports, if there is one. */
  readonly filter: 'listener' | 'kill' | undefined
  readonly readCollected: ReadCollected
}

type AnyResult = SandboxResult<string | Uint8Array>

/**
 * Makes a run's result.
 *
 * @throws {SandboxError} SETUP_FAILED when the sandbox itself was killed
 */
export function makeResult(options: RunOptions, facts: RunFacts): AnyResult {
  const { records, outputExceeded } = facts
  const end = find(records, 'end')
  if (end === undefined) throw lostError(records)
  const usage = usageOf(end.wallTimeMs, end.rusage)
  const verdict = judge({
    limits: options.limits,
    policy: options.policy.name,
    usage,
    waitStatus: end.status,
    filter: facts.filter,
    outputExceeded,
    walltimeReached: find(records, 'walltime') !== undefined,
    stopped: find(records, 'stopped') !== undefined,
    tampered: find(records, 'tampered') !== undefined,
    denied: find(records, 'seccomp'),
  })
  const collects = records.filter((record) => record.kind === 'collect')
  return brandResult({
    ...verdict,
    ok: verdict.status === 'exited' && verdict.exitCode === 0,
    stdout: decode(facts.stdout, options.encoding),
    stderr: decode(facts.stderr, options.encoding),
    truncated: outputExceeded,
    usage,
    ...collectFiles(options.collect, collects, facts.readCollected),
    ...about(options),
  })
}

/** The result of a run that was aborted before it started. */
export function abortedResult(options: RunOptions): AnyResult {
  return brandResult({
    status: 'aborted',
    ok: false,
    reason: 'ended by the caller before it started',
    stdout: decode(Buffer.alloc(0), options.encoding),
    stderr: decode(Buffer.alloc(0), options.encoding),
    truncated: false,
    usage: usageOf(0, noUsage),
    files: {},
    uncollected: {},
    ...about(options),
  })
}

function about({ command, args, policy, limits }: RunOptions) {
  return { enforcement: enforcementOf(limits), command, args, policy: policy.name, limits }
}

function find<Kind extends ReportRecord['kind']>(records: readonly ReportRecord[], kind: Kind) {
  return records.find((record): record is Extract<ReportRecord, { kind: Kind }> => {
    return record.kind === kind
  })
}

const decode = (bytes: Buffer, encoding: RunOptions['encoding']): string | Uint8Array =>
  encoding === 'utf8' ? bytes.toString('utf8') : bytes

function usageOf(wallTimeMs: number, rusage: Rusage): SandboxUsage {
  return { wallTimeMs, cpuTimeMs: rusage.userTimeMs + rusage.systemTimeMs, ...rusage }
}

const noUsage: Rusage = {
  userTimeMs: 0,
  systemTimeMs: 0,
  maxRssBytes: 0,
  minorPageFaults: 0,
  majorPageFaults: 0,
  voluntaryContextSwitches: 0,
  involuntaryContextSwitches: 0,
}

function enforcementOf(limits: Limits): EnforcementByLimit {
  const held = {
    walltime: limits.walltimeMs === undefined ? undefined : 'watch',
    cpu: limits.cpuMs === undefined ? undefined : 'rlimit',
    memory: limits.memoryBytes === undefined ? undefined : 'rlimit',
    output: limits.outputBytes === undefined ? undefined : 'watch',
    fileSize: limits.fileSizeBytes === undefined ? undefined : 'rlimit',
    // The size of the sandbox's tmpfs, which the kernel holds as firmly as a resource limit.
    disk: limits.diskBytes === undefined ? undefined : 'rlimit',
    stack: limits.stackBytes === undefined ? undefined : 'rlimit',
    addressSpace: limits.addressSpaceBytes === undefined ? undefined : 'rlimit',
    processes: limits.processes === undefined ? undefined : 'rlimit',
    openFiles: limits.openFiles === undefined ? undefined : 'rlimit',
    core: limits.coreBytes === undefined ? undefined : 'rlimit',
  } as const
  return Object.fromEntries(Object.entries(held).filter(([, how]) => how !== undefined))
}

function lostError(records: readonly ReportRecord[]): SandboxError {
  const status = find(records, 'keeper')?.status
  const how =
    status === undefined
      ? "the sandbox's keeper was killed"
      : (status & 0x7f) === 0
        ? `the sandbox's init ended with code ${(status >> 8) & 0xff}`
        : `the sandbox's init was killed by ${signalName(status & 0x7f)}`
  return new SandboxError(`The sandbox was lost: ${how} before it could report`, {
    code: 'SETUP_FAILED',
    hint: "Was the machine or container out of memory? Lower limits.memory or `concurrency`; the kernel's log (dmesg) tells.",
  })
}
