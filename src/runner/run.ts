import { constants } from 'node:buffer'
import type { PassThrough, Readable } from 'node:stream'
import { isSandboxError, type SandboxError } from '../errors/sandbox-error.ts'
import { asFileUser } from '../ffi/confinement.ts'
import { closeDescriptor, makePipe, waitUntilReadable } from '../ffi/libc.ts'
import type { Flow } from '../launcher/plan/flow.ts'
import type { LateMount } from '../launcher/plan/late-mounts.ts'
import { stepsInOrder } from '../launcher/plan/plan.ts'
import type { FilterUse } from '../launcher/plan/target.ts'
import type { ReportRecord } from '../launcher/report/parse-report.ts'
import type { Step } from '../launcher/step.ts'
import { type EnforcementPlan, planEnforcement } from '../limits/enforcement.ts'
import { LimitHold } from '../limits/hold.ts'
import { ErrnoError } from '../linux/errno.ts'
import { LoggedCalls } from '../seccomp/decode/logged-calls.ts'
import { inTurns } from '../work.ts'
import { collect } from './collect/collect.ts'
import { DiskWatch } from './confined/disk-watch.ts'
import { confinedBy } from './confined/machine-confinement.ts'
import { makeRunDirectory, type RunDirectory } from './confined/run-directory.ts'
import { nextFlow } from './host-machine.ts'
import { Capture, OutputBudget } from './io/capture.ts'
import { feedStdin, type StdinFeed } from './io/stdin.ts'
import { type ConfinedBy, isolationOf } from './isolation/isolation-of.ts'
import type { Isolation, IsolationLevel } from './isolation/level.ts'
import { strongestLevel, weakerLevel, withAdvice } from './isolation/strongest-level.ts'
import { execError } from './judge/exec-failure.ts'
import { failureError } from './judge/failure.ts'
import { abortedResult, makeResult, type RunFacts } from './judge/make-result.ts'
import { SandboxView } from './judge/sandbox-view.ts'
import { isStarved } from './judge/verdict.ts'
import { spawnError } from './launch/launch.ts'
import { type Attempt, Launcher } from './launch/launcher.ts'
import type { RunOptions } from './options/normalize.ts'
import { pool } from './pool/pool.ts'
import { type Ready, shapeOf } from './pool/ready.ts'
import type { PolicyImage } from './prepare/image-cache.ts'
import {
  candidatesOf,
  imageOf,
  listDirectories,
  type Preparation,
  type PreparedRun,
  prepareRun,
  type RunTerminal,
} from './prepare/prepare.ts'
import { checkConfined, confinedSources, prepareConfined } from './prepare/prepare-confined.ts'
import { filterReport, noteRefusal } from './prepare/refusals.ts'
import { leastUsedProcessors } from './queue/processors.ts'
import type { SandboxResult } from './result.ts'
import { Listing } from './workdir/scan.ts'

type AnyResult = SandboxResult<string | Uint8Array>

/** A run with so many files makes its request in turns with other work, before it starts. */
const MANY_FILES = 200

/** What a run is made with. */
interface RunUse {
  readonly level: IsolationLevel
  readonly plan: EnforcementPlan
  /** What the first attempt is made with, as far as it is known. */
  readonly flow?: Flow
  readonly image?: PolicyImage
  /** A launch program of the pool's; its first attempt's. */
  readonly ready?: Ready | undefined
}

/** What one attempt at a run is made with. */
interface AttemptUse extends RunUse {
  readonly flow: Flow
  readonly hold: LimitHold
  /** Set for a run without namespaces. */
  readonly confined?: Confined
}

/** What takes the place of namespaces. */
interface Confined {
  readonly by: ConfinedBy
  readonly directory: RunDirectory
}

/** Options of the command line tool in addition to a run's options. */
export interface RunExtras {
  /** The pseudo-terminal that takes the place of standard streams. */
  readonly terminal?: RunTerminal | undefined
  /** Called with all steps of the launch program when it gets its request; again if that is tried anew. */
  readonly onPlan?: ((steps: readonly Step[]) => void) | undefined
  /** The only level of isolation to try; without it, the strongest that the machine has. */
  readonly level?: IsolationLevel | undefined
}

/** One run of one program, from its options to its result. */
export class Run {
  readonly options: RunOptions
  readonly #extras: RunExtras
  readonly #stdout = new Capture()
  readonly #stderr = new Capture()
  #budget: OutputBudget
  #attempt: Attempt | undefined
  #filter: FilterUse | undefined
  #logged = new LoggedCalls()
  #feed: StdinFeed | undefined
  #attempts = 0
  #processors: readonly number[] = []
  #isOver = false
  #disk: DiskWatch | undefined
  #started = false
  #stopped = false
  #stoppedEarly = () => {}
  #waitsForInput = () => false

  constructor(options: RunOptions, extras: RunExtras = {}) {
    this.options = options
    this.#extras = extras
    this.#budget = this.#newBudget()
  }

  #newBudget(): OutputBudget {
    const { limits, encoding } = this.options
    const text = encoding === 'utf8' ? constants.MAX_STRING_LENGTH : undefined
    return new OutputBudget({ limit: limits.outputBytes, text }, () => this.#attempt?.stop())
  }

  /** The process to which the run belongs; undefined until it has started. */
  get pid(): number | undefined {
    return this.#attempt?.pid
  }

  /**
   * Whether the program has read all input that has arrived, while more may come; after its end, whether it
   * had at that moment.
   */
  get hasReadAll(): boolean {
    return this.#waitsForInput()
  }

  /** Whether it was stopped, before its start or after it. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** The stream for the program's stdin, with `stdin: 'pipe'`. */
  get stdin(): PassThrough | undefined {
    const { stdin } = this.options
    return stdin.kind === 'pipe' ? stdin.stream : undefined
  }

  get stdout(): Readable {
    return this.#stdout.stream()
  }

  get stderr(): Readable {
    return this.#stderr.stream()
  }

  /** Ends the run; its result's status is then `aborted`. A second call does nothing. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#attempt?.stop()
    if (!this.#started) this.#stoppedEarly()
  }

  /** Counts output that does not come through a pipe of Gradebox against the output limit. */
  countOutput(bytes: number): void {
    this.#budget.take(bytes)
  }

  /** Calls back if the run is stopped before it has started. */
  onStoppedEarly(callback: () => void): void {
    this.#stoppedEarly = callback
    if (this.#stopped && !this.#started) callback()
  }

  /** Ends the live streams, also those that nothing was written to. */
  close(): void {
    this.#stdout.end()
    this.#stderr.end()
  }

  /**
   * Runs the program.
   *
   * @param processors those of its turn; without a turn, the least used
   * @throws {SandboxError} when it could not be started as the policy wants
   */
  async start(
    processors: readonly number[] = leastUsedProcessors().slice(0, this.options.processors),
  ): Promise<AnyResult> {
    if (this.#stopped) return abortedResult(this.options)
    this.#started = true
    this.#processors = processors
    for (this.#attempts = 1; ; this.#attempts++) {
      const result = await this.#once().catch((error) => this.#explain(error))
      const isStarving = result.status === 'walltime' && isStarved(result.usage)
      if (!isStarving || this.#stopped || this.#attempts > this.options.retryWhenStarved) {
        return result
      }
      this.#stdout.forget()
      this.#stderr.forget()
      this.#budget = this.#newBudget()
    }
  }

  // What this process itself is refused, before a launch program runs; and which level would work here.
  async #explain(error: unknown): Promise<never> {
    const told = error instanceof ErrnoError ? spawnError(error) : error
    throw isSandboxError(told) ? await withAdvice(told, this.options, (to) => this.#try(to)) : told
  }

  async #try(isolation: IsolationLevel): Promise<SandboxError | undefined> {
    const [stdout, stderr] = ['ignore', 'ignore'] as const
    const stdin = { kind: 'bytes', bytes: Buffer.alloc(0) } as const
    const nothing = { args: [], workdir: undefined, files: [], mounts: [], collect: [], warm: 0 }
    const options = {
      ...this.options,
      ...nothing,
      command: 'true',
      stdin,
      stdout,
      stderr,
      isolation,
    }
    try {
      const run = new Run({ ...options, cwd: options.workdirTarget })
      run.#processors = this.#processors
      await run.#once()
      return undefined
    } catch (error) {
      if (!isSandboxError(error)) throw error
      return error.code.startsWith('PROGRAM_NOT') ? undefined : error
    }
  }

  async #once(): Promise<AnyResult> {
    const { warm, exclusive } = this.options
    const level = this.#extras.level ?? strongestLevel(this.options)
    const plan = this.#enforcement(level)
    const { terminal } = this.#extras
    if (warm === 0 || terminal !== undefined || level === 'confined') {
      return this.#runWithInput({ level, plan })
    }
    const flow = nextFlow()
    const image = imageOf(this.options, this.#preparation(level, flow, plan))
    const shape = shapeOf(this.options, image, plan.delegation)
    const ready = pool.take(shape)
    // Up to its go at once; all else has time while the program runs.
    const result = this.#runWithInput({ level, plan, flow, image, ready })
    // An exclusive run has the machine for itself, so the pool builds nothing for later runs meanwhile.
    const over = pool.started(shape, exclusive ? 0 : warm)
    try {
      return await result
    } finally {
      over()
      // Does nothing once the request is sent.
      await ready?.discard()
    }
  }

  async #runWithInput(use: RunUse): Promise<AnyResult> {
    const { stdin } = this.options
    const { terminal } = this.#extras
    if (terminal !== undefined) return this.#runWith(terminal.socket, use)
    if (stdin.kind === 'inherit') return this.#runWith(0, use)
    const pipe = use.ready?.launcher.takeStdin() ?? makePipe(0)
    try {
      // The program does not answer for a run whose input fails.
      this.#feed = feedStdin(pipe.write, stdin, () => this.#attempt?.stop())
      // We keep the read end: should the set-up have to be tried in another way, no input is lost.
      const result = await this.#runWith(pipe.read, use)
      this.#feed.check()
      return result
    } finally {
      this.#feed?.stop()
      closeDescriptor(pipe.read)
    }
  }

  async #runWith(stdin: number, use: RunUse): Promise<AnyResult> {
    const hold = new LimitHold(this.options.limits, use.plan, use.ready?.group)
    let level: IsolationLevel | undefined
    try {
      if (use.level === 'confined') return await this.#runConfined(stdin, { ...use, hold })
      return await this.#runHeld(stdin, { ...use, flow: use.flow ?? nextFlow(), hold })
    } catch (error) {
      level = weakerLevel(error, use.level, this.options)
      if (level === undefined || this.#stopped) throw error
    } finally {
      await use.ready?.discard()
      hold.release()
    }
    return this.#runWith(stdin, { level, plan: this.#enforcement(level) })
  }

  async #runConfined(stdin: number, use: Omit<AttemptUse, 'flow'>): Promise<AnyResult> {
    checkConfined(this.options, this.#extras.terminal !== undefined)
    const by = confinedBy()
    const directory = makeRunDirectory(by.as)
    this.#isOver = false
    try {
      const flow = confinedFlow(directory)
      return await this.#runHeld(stdin, { ...use, flow, confined: { by, directory } })
    } finally {
      await this.#disk?.stop()
      await directory.remove(this.#isOver)
    }
  }

  async #runHeld(stdin: number, use: AttemptUse): Promise<AnyResult> {
    const { hold, confined } = use
    const prepared = await this.#prepare(use)
    if (prepared === undefined) {
      return abortedResult(this.options, {
        attempts: this.#attempts,
        isolation: this.#isolation(use),
      })
    }
    const { mounts } = prepared
    const attempt = this.#startAttempt(stdin, use, prepared)
    hold.watch(attempt, this.#processors.length, confined && confinedFlow(confined.directory).uid)
    if (confined !== undefined) this.#watchDisk(confined.directory, attempt)
    this.#waitsForInput = () => this.#awaitsInput(stdin)
    try {
      const records = await attempt.report
      await this.#disk?.stop()
      const failure = records.find((record) => record.kind === 'failure')
      const end = records.find((record) => record.kind === 'end')
      const isOver = end !== undefined
      this.#isOver = isOver
      if (this.#stopped && !isOver) {
        return abortedResult(this.options, {
          attempts: this.#attempts,
          isolation: this.#isolation(use),
        })
      }
      if (failure !== undefined) {
        // What was begun before this run: what failed there is said of one begun for it.
        const isOld = use.ready !== undefined && attempt.isOfImage(failure.stepAddress)
        if (isOld || this.#mayRetry(failure, attempt, mounts)) {
          await attempt.gone()
          return await this.#runWith(stdin, {
            level: use.level,
            plan: this.#enforcement(use.level),
          })
        }
        throw failureError(attempt.stepAt(failure.stepAddress), failure.result)
      }
      // A group's account has what the init itself used; how that ended matters where it could not report.
      const init = hold.cgroup !== undefined || !isOver ? await attempt.gone() : undefined
      const awaitsInput = this.#awaitsInput(stdin)
      this.#waitsForInput = () => awaitsInput
      const ending = { held: hold.facts(end), init, awaitsInput, isolation: this.#isolation(use) }
      return await this.#result(records, attempt, use.flow, ending)
    } finally {
      await attempt.gone()
      if (attempt.collected !== undefined) closeDescriptor(attempt.collected)
    }
  }

  // Whether more input may come, and the program has read all that came.
  #awaitsInput(stdin: number): boolean {
    const isOpen = this.options.stdin.kind === 'inherit' || this.#feed?.isComplete() === false
    return isOpen && this.#extras.terminal === undefined && !waitUntilReadable(stdin, 0)
  }

  // What is found out by a failed attempt changes it.
  #enforcement(level: IsolationLevel): EnforcementPlan {
    const { limits, policy } = this.options
    return planEnforcement(limits, policy.require, level === 'confined')
  }

  #isolation({ level, confined }: AttemptUse): Isolation {
    return isolationOf(level, this.options.policy, confined?.by)
  }

  #watchDisk(directory: RunDirectory, attempt: Attempt): void {
    const { path } = directory
    const { diskBytes } = this.options.limits
    const asProgram = asProgramOf(directory)
    if (diskBytes === undefined) return
    const init = () => attempt.pid
    const onExceeded = () => attempt.stop()
    this.#disk = new DiskWatch({ path, diskBytes, init, asProgram, onExceeded })
  }

  #preparation(
    level: IsolationLevel,
    flow: Flow,
    { enforcement, delegation }: EnforcementPlan,
  ): Preparation {
    const { terminal } = this.#extras
    return {
      level,
      flow,
      filterReport: filterReport(),
      enforcement,
      processors: this.#processors,
      cgroup: delegation !== undefined,
      terminal,
    }
  }

  // Undefined when the run was stopped meanwhile.
  async #prepare(use: AttemptUse): Promise<PreparedRun | undefined> {
    const prepared = await this.#plan(use)
    // A small request is made while the launch program starts.
    if (prepared === undefined || prepared.entries < MANY_FILES) return prepared
    const request = await inTurns(prepared.requestInPieces(), () => this.#stopped)
    return request && { ...prepared, makeRequest: () => request }
  }

  async #plan(use: AttemptUse): Promise<PreparedRun | undefined> {
    const preparation = this.#preparation(use.level, use.flow, use.plan)
    const { hold } = use
    if (use.confined !== undefined) {
      const listing = new Listing(confinedSources(this.options))
      if (!listing.isComplete) await listing.complete(() => this.#stopped)
      await hold.ready()
      if (this.#stopped) return undefined
      return prepareConfined(this.options, { ...preparation, ...use.confined, listing })
    }
    const image = use.image ?? imageOf(this.options, preparation)
    const listing = listDirectories(this.options, image, use.flow)
    if (!listing.isComplete) await listing.complete(() => this.#stopped)
    await hold.ready()
    if (this.#stopped) return undefined
    return prepareRun(this.options, { ...preparation, listing }, image)
  }

  #startAttempt(stdin: number, use: AttemptUse, prepared: PreparedRun): Attempt {
    const { flow, plan: enforcementPlan, hold, ready } = use
    const { limits } = this.options
    const { onPlan } = this.#extras
    const { image, suppliedBytes, hasUnreadable, makeRequest: make } = prepared
    this.#filter = image.filter
    this.#logged = new LoggedCalls()
    const makeRequest = () => {
      const request = make()
      onPlan?.(stepsInOrder(image.image.assembled, request))
      return request
    }
    const parts = { stdin, cgroup: hold.cgroup, flow }
    const shape = shapeOf(this.options, image, enforcementPlan.delegation)
    hold.supply(suppliedBytes, hasUnreadable)
    const launcher = ready?.launcher ?? Launcher.start(shape, parts)
    const attempt = launcher.go({
      makeRequest,
      captures: { stdout: this.#stdout, stderr: this.#stderr },
      budget: this.#budget,
      onLogged: image.filter.log?.records ? (call) => this.#logged.add(call) : undefined,
      wallTimeMs: limits.wallTimeMs,
    })
    this.#attempt = attempt
    return attempt
  }

  #mayRetry({ stepAddress, result }: Failure, attempt: Attempt, mounts: readonly LateMount[]) {
    const step = attempt.stepAt(stepAddress)
    return step !== undefined && !this.#stopped && noteRefusal(step, result, mounts)
  }

  async #result(
    records: readonly ReportRecord[],
    attempt: Attempt,
    flow: Flow,
    ending: Pick<RunFacts, 'held' | 'init' | 'awaitsInput' | 'isolation'>,
  ): Promise<AnyResult> {
    const attempts = records.filter((record) => record.kind === 'exec')
    if (attempts.length > 0) {
      const paths = candidatesOf(this.options)
      const named = attempts.map((each, index) => ({ ...each, path: paths[index] ?? '' }))
      const { command, env } = this.options
      const view = new SandboxView(this.options)
      throw execError({ command, env, view, hostPath: process.env.PATH }, named)
    }
    return makeResult(this.options, {
      records,
      stdout: this.#stdout.bytes(),
      stderr: this.#stderr.bytes(),
      outputExceeded: this.#budget.exceeded,
      filter: this.#filter,
      ...ending,
      logged: this.#logged,
      processors: this.#processors.length,
      exceededDiskBytes: this.#disk?.exceededBytes,
      attempts: this.#attempts,
      collected: await collect(this.options.collect, records, attempt, flow),
    })
  }
}

type Failure = Extract<ReportRecord, { kind: 'failure' }>

// The image has no ids in it: the request stores them.
const confinedFlow = ({ ids }: RunDirectory): Flow => {
  const uid = ids?.uid ?? process.geteuid?.() ?? 0
  return { kind: 'user', uid, gid: ids?.uid ?? process.getegid?.() ?? 0 }
}

// Root in a container may lack the capability to look into other users' processes (CAP_SYS_PTRACE).
function asProgramOf({ ids }: RunDirectory): <T>(look: () => T) => T {
  const uid = ids?.uid
  return uid === undefined ? (look) => look() : (look) => asFileUser(uid, uid, look)
}
