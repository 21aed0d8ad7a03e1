import { SandboxError } from '../../errors/sandbox-error.ts'
import { feedbackFor } from '../../feedback/run-feedback.ts'
import type { EndedProcess } from '../../ffi/libc.ts'
import type { FilterUse } from '../../launcher/plan/filter-steps.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import { signalName } from '../../linux/signals.ts'
import type { LoggedCalls } from '../../seccomp/decode/logged-calls.ts'
import { firstInvalidByte, type InvalidByte } from '../../units/utf8.ts'
import type { Collected } from '../collect/collected.ts'
import type { Output } from '../io/capture.ts'
import { isolationOf } from '../isolation/isolation-of.ts'
import type { Isolation } from '../isolation/level.ts'
import type { JudgedOptions } from '../options/run-options.ts'
import { candidatesFor } from '../prepare/request-parts.ts'
import type { AnyResult } from '../result.ts'
import { brandResult } from '../result-json.ts'
import type { Ended } from '../watch/watch-run.ts'
import { execError } from './exec-failure.ts'
import { measure } from './measure.ts'
import { reportedLimit } from './reported-limits.ts'
import { SandboxView } from './sandbox-view.ts'
import { judge } from './verdict.ts'

/** All facts about a run whose program has ended. */
export interface RunFacts extends Omit<Ended, 'kind'> {
  readonly output: Output
  readonly filter: FilterUse
  /** The calls that the filter logged. */
  readonly logged: LoggedCalls
  /** How many processors the run had. */
  readonly processors: number
  /** The number of attempts, including this one. */
  readonly attempts: number
  readonly collected: Collected
  readonly isolation: Isolation
}

/**
 * The last stage of a run: from the evidence to its result.
 *
 * @throws {SandboxError} SETUP_FAILED when the sandbox itself was killed
 */
export function judgeRun(options: JudgedOptions, facts: RunFacts): AnyResult {
  const { records, output } = facts
  const outputExceeded = output.budget.exceeded
  const end = find(records, 'end')
  if (end === undefined) throw lostError(facts.init)
  const usage = measure(records, end, facts)
  const verdict = judge({
    limits: options.limits,
    policy: options.policy.name,
    seccomp: options.policy.seccomp,
    usage,
    waitStatus: end.status,
    filter: facts.filter.log?.killsUnreported ? 'kill' : facts.filter.report,
    outputExceeded,
    walltimeReached: find(records, 'walltime') !== undefined,
    stopped: find(records, 'stopped') !== undefined,
    awaitsInput: facts.awaitsInput,
    tampered: find(records, 'tampered') !== undefined,
    denied: find(records, 'seccomp'),
    deniedCalls: deniedCalls(find(records, 'counted'), end),
    answeredCalls: end.answered,
    refusedBytes: end.refusedBytes,
    copyErrno: end.copyErrno,
    reported: end.status === 0 ? undefined : reportedLimit(output.stderr.bytes()),
    seenSpaceBytes: facts.held.seen?.peakSpaceBytes,
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
    ...textOf(output, options.encoding),
    truncated: outputExceeded !== undefined,
    attempts: facts.attempts,
    ...loggedOf(facts),
    usage,
    ...facts.collected,
    ...about(options, facts.held.enforcement, facts.isolation),
  })
}

/**
 * Checks that the program was executed.
 *
 * @throws {SandboxError} PROGRAM_NOT_FOUND, PROGRAM_NOT_EXECUTABLE
 */
export function checkExecuted(options: JudgedOptions, records: readonly ReportRecord[]): void {
  const attempts = records.filter((record) => record.kind === 'exec')
  if (attempts.length === 0) return
  const { command, env } = options
  const paths = candidatesFor(command, env.PATH)
  const named = attempts.map((each, index) => ({ ...each, path: paths[index] ?? '' }))
  const view = new SandboxView(options)
  throw execError({ command, env, view, hostPath: process.env.PATH }, named)
}

// Without a listener, the kernel writes the logged calls only to the kernel's own log.
const loggedOf = ({ filter, logged }: RunFacts) =>
  filter.log?.records !== true ? {} : { logged: logged.list() }

/** The result of a run that was aborted before the program started. */
export function abortedResult(
  options: JudgedOptions,
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
  { command, args, cwd, policy, limits, collect }: JudgedOptions,
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

/**
 * How many calls the filter denied, also the calls whose caller ended before the init received the call. The kernel
 * numbers a filter's notifications one after another (seccomp_next_notify_id()). Each call that the init answered has
 * one number. A call counts as denied if a signal interrupts the call before the init receives the call. The init
 * cannot know which call that was, and otherwise a program could hide a denied call in this way.
 */
function deniedCalls(
  counted: Extract<ReportRecord, { kind: 'counted' }> | undefined,
  { answered }: Extract<ReportRecord, { kind: 'end' }>,
): bigint | undefined {
  if (counted === undefined) return undefined
  return BigInt.asUintN(64, counted.after - counted.before - 1n - answered)
}

const decode = (bytes: Buffer, encoding: JudgedOptions['encoding']): string | Uint8Array =>
  encoding === 'utf8' ? bytes.toString('utf8') : bytes

function textOf(
  output: Output,
  encoding: JudgedOptions['encoding'],
): Pick<AnyResult, 'stdout' | 'stderr' | 'invalidUtf8'> {
  const [stdout, stderr] = [output.stdout.bytes(), output.stderr.bytes()]
  const text = { stdout: decode(stdout, encoding), stderr: decode(stderr, encoding) }
  if (encoding !== 'utf8') return text
  const isCut = output.budget.exceeded !== undefined
  const [inStdout, inStderr] = [invalidByte(stdout, isCut), invalidByte(stderr, isCut)]
  if (inStdout === undefined && inStderr === undefined) return text
  return {
    ...text,
    invalidUtf8: {
      ...(inStdout === undefined ? {} : { stdout: inStdout }),
      ...(inStderr === undefined ? {} : { stderr: inStderr }),
    },
  }
}

// The longest character of UTF-8 has four bytes, so cut output may end with up to three bytes of a cut character.
const mostCutBytes = 3

function invalidByte(bytes: Buffer, isCut: boolean): InvalidByte | undefined {
  const found = firstInvalidByte(bytes)
  const isEnd = isCut && (found?.offset ?? 0) >= bytes.length - mostCutBytes
  return isEnd ? undefined : found
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
