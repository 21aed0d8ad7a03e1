import { constants } from 'node:buffer'
import { readSync } from 'node:fs'
import type { PassThrough, Readable } from 'node:stream'
import { closeDescriptor, makePipe, waitUntilReadable } from '../../ffi/libc.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import { stepsInOrder } from '../../launcher/plan/plan.ts'
import type { FilterUse } from '../../launcher/plan/target.ts'
import type { ReportRecord } from '../../launcher/report/parse.ts'
import type { Step } from '../../launcher/step.ts'
import { type EnforcementPlan, planEnforcement } from '../../limits/enforcement.ts'
import { LimitHold } from '../../limits/hold.ts'
import { ErrnoError } from '../../linux/errno.ts'
import { LoggedCalls } from '../../seccomp/decode/logged-calls.ts'
import { nextFlow } from '../host-machine.ts'
import { Capture, OutputBudget } from '../io/capture.ts'
import { feedStdin, type StdinFeed } from '../io/stdin.ts'
import type { RunOptions } from '../options/normalize.ts'
import { pool } from '../pool/pool.ts'
import { type Ready, shapeOf } from '../pool/ready.ts'
import { leastUsedProcessors } from '../queue/processors.ts'
import type { SandboxResult } from '../result.ts'
import { type Attempt, Launcher } from './attempt.ts'
import { execError } from './exec-failure.ts'
import { failureError } from './failure.ts'
import type { PolicyImage } from './image-cache.ts'
import { spawnError } from './launch.ts'
import { abortedResult, makeResult, type RunFacts } from './make-result.ts'
import {
  candidatesOf,
  imageOf,
  listDirectories,
  type Preparation,
  type PreparedRun,
  prepareRun,
  type RunTerminal,
} from './prepare.ts'
import { filterReport, noteRefusal } from './refusals.ts'
import { SandboxView } from './sandbox-view.ts'
import { isStarved } from './verdict.ts'

type AnyResult = SandboxResult<string | Uint8Array>

/** What a run is made with. */
interface RunUse {
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
}

/** What the command line tool asks of a run besides what its options say. */
export interface RunExtras {
  /** The pseudo-terminal that takes the place of standard streams. */
  readonly terminal?: RunTerminal | undefined
  /** Called with all steps of the launch program when it gets its request; again if that is tried anew. */
  readonly onPlan?: ((steps: readonly Step[]) => void) | undefined
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

  /** Whether the program has read all input that came, and more may come; after its end, whether it had then. */
  get hasReadAll(): boolean {
    return this.#waitsForInput()
  }

  /** Whether it was stopped, before its start or after it. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** What the caller writes to, with `stdin: 'pipe'`. */
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

  /** Ends the run; its result's status is then `aborted`. */
  stop(): void {
    this.#stopped = true
    this.#attempt?.stop()
    if (!this.#started) this.#stoppedEarly()
  }

  /** Counts output that does not come through a pipe of ours against the output limit. */
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
      const result = await this.#once().catch(asSandboxError)
      const isStarving = result.status === 'walltime' && isStarved(result.usage)
      if (!isStarving || this.#stopped || this.#attempts > this.options.retryWhenStarved) {
        return result
      }
      this.#stdout.forget()
      this.#stderr.forget()
      this.#budget = this.#newBudget()
    }
  }

  async #once(): Promise<AnyResult> {
    const { warm, exclusive } = this.options
    const plan = this.#enforcement()
    const { terminal } = this.#extras
    if (warm === 0 || terminal !== undefined) return this.#runWithInput({ plan })
    const flow = nextFlow()
    const image = imageOf(this.options, this.#preparation(flow, plan))
    const shape = shapeOf(this.options, image, plan.delegation)
    const ready = pool.take(shape)
    // Up to its go at once; all else has time while the program runs.
    const result = this.#runWithInput({ plan, flow, image, ready })
    // Nothing is built for what follows a run that has the machine for itself: that would be beside it.
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
      // A run whose input fails is not the program's to answer for.
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
    try {
      return await this.#runHeld(stdin, { ...use, flow: use.flow ?? nextFlow(), hold })
    } finally {
      await use.ready?.discard()
      hold.release()
    }
  }

  async #runHeld(stdin: number, use: AttemptUse): Promise<AnyResult> {
    const { hold } = use
    const preparation = this.#preparation(use.flow, use.plan)
    const image = use.image ?? imageOf(this.options, preparation)
    const listing = listDirectories(this.options, image, use.flow)
    if (!listing.isComplete) await listing.complete(() => this.#stopped)
    if (this.#stopped) return abortedResult(this.options, { attempts: this.#attempts })
    const prepared = prepareRun(this.options, { ...preparation, listing }, image)
    const { mounts } = prepared
    const attempt = this.#startAttempt(stdin, use, prepared)
    hold.watch(attempt, this.#processors.length)
    this.#waitsForInput = () => this.#awaitsInput(stdin)
    try {
      const records = await attempt.report
      const failure = records.find((record) => record.kind === 'failure')
      const isOver = records.some(({ kind }) => kind === 'end')
      if (this.#stopped && !isOver) return abortedResult(this.options, { attempts: this.#attempts })
      if (failure !== undefined) {
        // What was begun before this run: what failed there is said of one begun for it.
        const isOld = use.ready !== undefined && attempt.isOfImage(failure.stepAddress)
        if (isOld || this.#mayRetry(failure, attempt, mounts)) {
          await attempt.gone()
          return await this.#runWith(stdin, { plan: this.#enforcement() })
        }
        throw failureError(attempt.stepAt(failure.stepAddress), failure.result)
      }
      // A group's account has what the init itself used; how that ended matters where it could not report.
      const init = hold.cgroup !== undefined || !isOver ? await attempt.gone() : undefined
      const awaitsInput = this.#awaitsInput(stdin)
      this.#waitsForInput = () => awaitsInput
      return this.#result(records, attempt, { held: hold.facts(), init, awaitsInput })
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
  #enforcement(): EnforcementPlan {
    return planEnforcement(this.options.limits, this.options.policy.require)
  }

  #preparation(flow: Flow, { enforcement, delegation }: EnforcementPlan): Preparation {
    const { terminal } = this.#extras
    return {
      flow,
      filterReport: filterReport(),
      enforcement,
      processors: this.#processors,
      cgroup: delegation !== undefined,
      terminal,
    }
  }

  #startAttempt(stdin: number, use: AttemptUse, prepared: PreparedRun): Attempt {
    const { flow, plan: enforcementPlan, hold, ready } = use
    const { limits } = this.options
    const { onPlan } = this.#extras
    const { image, suppliedBytes, makeRequest: make } = prepared
    this.#filter = image.filter
    this.#logged = new LoggedCalls()
    const makeRequest = () => {
      const request = make()
      onPlan?.(stepsInOrder(image.image.assembled, request))
      return request
    }
    const parts = { stdin, cgroup: hold.cgroup, flow }
    const shape = shapeOf(this.options, image, enforcementPlan.delegation)
    hold.supply(suppliedBytes)
    const launcher = ready?.launcher ?? Launcher.start(shape, parts)
    const attempt = launcher.go({
      makeRequest,
      captures: { stdout: this.#stdout, stderr: this.#stderr },
      budget: this.#budget,
      onLogged: image.filter.log && ((call) => this.#logged.add(call)),
      wallTimeMs: limits.wallTimeMs,
    })
    this.#attempt = attempt
    return attempt
  }

  #mayRetry({ stepAddress, result }: Failure, attempt: Attempt, mounts: readonly LateMount[]) {
    const step = attempt.stepAt(stepAddress)
    return step !== undefined && !this.#stopped && noteRefusal(step, result, mounts)
  }

  #result(
    records: readonly ReportRecord[],
    attempt: Attempt,
    ending: Pick<RunFacts, 'held' | 'init' | 'awaitsInput'>,
  ): AnyResult {
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
      attempts: this.#attempts,
      readCollected: (buffer, position) =>
        attempt.collected === undefined
          ? 0
          : readSync(attempt.collected, buffer, 0, buffer.length, position),
    })
  }
}

type Failure = Extract<ReportRecord, { kind: 'failure' }>

// What this process itself is refused, before a launch program runs.
function asSandboxError(error: unknown): never {
  throw error instanceof ErrnoError ? spawnError(error) : error
}
