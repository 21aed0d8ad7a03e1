import { SandboxError } from '../../errors/sandbox-error.ts'
import { feedbackFor } from '../../feedback/run-feedback.ts'
import type { EndedProcess } from '../../ffi/libc.ts'
import type { FilterUse } from '../../launcher/plan/target.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import type { Held } from '../../limits/hold.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import { signalName } from '../../linux/signals.ts'
import type { LoggedCalls } from '../../seccomp/decode/logged-calls.ts'
import { firstInvalidByte } from '../../units/utf8.ts'
import type { Collected } from '../collect/collected.ts'
import type { OutputExcess } from '../io/capture.ts'
import { isolationOf } from '../isolation/isolation-of.ts'
import type { Isolation } from '../isolation/level.ts'
import type { RunOptions } from '../options/normalize.ts'
import type { AnyResult } from '../result.ts'
import { brandResult } from '../result-json.ts'
import { measure } from './measure.ts'
import { judge } from './verdict.ts'

/** All facts about a run that has ended. */
export interface RunFacts {
  readonly records: readonly ReportRecord[]
  readonly stdout: Buffer
  readonly stderr: Buffer
  readonly outputExceeded: OutputExcess | undefined
  readonly filter: FilterUse | undefined
  /** The calls that the filter logged. */
  readonly logged: LoggedCalls
  /** The facts of the control group and the watch. */
  readonly held: Held
  /** How the init ended, where that matters. */
  readonly init: EndedProcess | undefined
  /** Whether its stdin was open and empty when it ended. */
  readonly awaitsInput: boolean
  /** How many processors the run had. */
  readonly processors: number
  /** The number of attempts, including this one. */
  readonly attempts: number
  readonly collected: Collected
  readonly isolation: Isolation
  /** How much the program had written when the watch of its files ended the run. */
  readonly exceededDiskBytes: number | undefined
}

/**
 * Makes a run's result.
 *
 * @throws {SandboxError} SETUP_FAILED when the sandbox itself was killed
 */
export function makeResult(options: RunOptions, facts: RunFacts): AnyResult {
  const { records, outputExceeded } = facts
  const end = find(records, 'end')
  if (end === undefined) throw lostError(facts.init)
  const usage = measure(records, end, facts)
  const verdict = judge({
    limits: options.limits,
    policy: options.policy.name,
    seccomp: options.policy.seccomp,
    usage,
    waitStatus: end.status,
    filter: facts.filter?.log?.killsUntold ? 'kill' : facts.filter?.report,
    outputExceeded,
    walltimeReached: find(records, 'walltime') !== undefined,
    stopped: find(records, 'stopped') !== undefined,
    awaitsInput: facts.awaitsInput,
    tampered: find(records, 'tampered') !== undefined,
    denied: find(records, 'seccomp'),
    deniedCalls: find(records, 'counted')?.calls,
    enforcement: facts.held.enforcement,
    exceeded: facts.held.exceeded,
    exceededDiskBytes: facts.exceededDiskBytes,
    oomKills: facts.held.group?.oomKills ?? 0,
  })
  const { limits } = options
  return brandResult({
    ...verdict,
    feedback: feedbackFor({ ...verdict, usage, limits }),
    ok: verdict.status === 'exited' && verdict.exitCode === 0,
    stdout: decode(facts.stdout, options.encoding),
    stderr: decode(facts.stderr, options.encoding),
    ...invalidUtf8(facts, options.encoding),
    truncated: outputExceeded !== undefined,
    attempts: facts.attempts,
    ...loggedOf(facts),
    usage,
    ...facts.collected,
    ...about(options, facts.held.enforcement, facts.isolation),
  })
}

// Without a listener, the kernel writes the calls only to its own log.
const loggedOf = ({ filter, logged }: RunFacts) =>
  filter?.log?.records !== true ? {} : { logged: logged.list() }

/** The result of a run that was aborted before the program started. */
export function abortedResult(
  options: RunOptions,
  {
    attempts = 0,
    waited = '',
    isolation = isolationOf(options.isolation, options.policy, undefined),
  }: { attempts?: number; waited?: string; isolation?: Isolation } = {},
): AnyResult {
  const usage = { wallTimeMs: 0, cpuTimeMs: 0, ...noUsage }
  return brandResult({
    status: 'aborted',
    feedback: feedbackFor({ status: 'aborted', usage, limits: options.limits }),
    ok: false,
    reason: `ended by the caller before it started${waited}`,
    stdout: decode(Buffer.alloc(0), options.encoding),
    stderr: decode(Buffer.alloc(0), options.encoding),
    truncated: false,
    attempts,
    usage,
    files: {},
    uncollected: {},
    ...about(options, {}, isolation),
  })
}

function about(
  { command, args, cwd, policy, limits, collect }: RunOptions,
  enforcement: EnforcementByLimit,
  isolation: Isolation,
) {
  return { enforcement, isolation, command, args, cwd, policy: policy.name, limits, collect }
}

function find<Kind extends ReportRecord['kind']>(records: readonly ReportRecord[], kind: Kind) {
  return records.find((record): record is Extract<ReportRecord, { kind: Kind }> => {
    return record.kind === kind
  })
}

const decode = (bytes: Buffer, encoding: RunOptions['encoding']): string | Uint8Array =>
  encoding === 'utf8' ? bytes.toString('utf8') : bytes

// The longest character of UTF-8 has four bytes, so cut output may end within three of them.
const mostCutBytes = 3

function invalidUtf8(
  { stdout, stderr, outputExceeded }: RunFacts,
  encoding: RunOptions['encoding'],
): Pick<AnyResult, 'invalidUtf8'> {
  if (encoding !== 'utf8') return {}
  const find = (bytes: Buffer) => {
    const found = firstInvalidByte(bytes)
    const isCut =
      outputExceeded !== undefined && (found?.offset ?? 0) >= bytes.length - mostCutBytes
    return isCut ? undefined : found
  }
  const [inStdout, inStderr] = [find(stdout), find(stderr)]
  if (inStdout === undefined && inStderr === undefined) return {}
  return {
    invalidUtf8: {
      ...(inStdout === undefined ? {} : { stdout: inStdout }),
      ...(inStderr === undefined ? {} : { stderr: inStderr }),
    },
  }
}

const noUsage = {
  userTimeMs: 0,
  systemTimeMs: 0,
  maxRssBytes: 0,
  minorPageFaults: 0,
  majorPageFaults: 0,
  voluntaryContextSwitches: 0,
  involuntaryContextSwitches: 0,
  peakMemoryBytes: 0,
  peakProcesses: 0,
}

function lostError(init: EndedProcess | undefined): SandboxError {
  const status = init?.status
  const how =
    status === undefined || status === 0
      ? 'the process that starts it was killed'
      : (status & 0x7f) === 0
        ? `the sandbox's init ended with code ${(status >> 8) & 0xff}`
        : `the sandbox's init was killed by ${signalName(status & 0x7f)}`
  return new SandboxError(`The sandbox was lost: ${how} before it could report`, {
    code: 'SETUP_FAILED',
    hint: "Was the machine or container out of memory? Lower limits.memory or `concurrency`; the kernel's log (dmesg) shows the cause.",
  })
}
