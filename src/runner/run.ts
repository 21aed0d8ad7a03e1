import type { PassThrough, Readable } from 'node:stream'
import { isSandboxError, type SandboxError } from '../errors/sandbox-error.ts'
import { startWatchThread } from '../limits/watch/watch-thread.ts'
import { ErrnoError } from '../linux/errno.ts'
import { Cleanup } from './cleanup.ts'
import { collectRun } from './collect/collect-run.ts'
import { separationAt } from './confined/machine-confinement.ts'
import { Output } from './io/capture.ts'
import { Input } from './io/input.ts'
import { isolationOf } from './isolation/isolation-of.ts'
import type { IsolationLevel } from './isolation/level.ts'
import { strongestLevel, weakerLevel, withAdvice } from './isolation/strongest-level.ts'
import { failureError } from './judge/failure.ts'
import { abortedResult, checkExecuted, judgeRun } from './judge/judge-run.ts'
import { wasStarved } from './judge/starvation.ts'
import { spawnError } from './launch/launch.ts'
import type { Launched } from './launch/launcher.ts'
import { type RunOptions, trivialRun } from './options/run-options.ts'
import { prepareRun } from './prepare/prepare-run.ts'
import { noteRefusal } from './prepare/refusals.ts'
import { leastUsedProcessors } from './queue/processors.ts'
import type { AnyResult } from './result.ts'
import type { RunExtras } from './run-extras.ts'
import { startRun } from './start-run.ts'
import { watchRun } from './watch/watch-run.ts'

/** The values that differ between the attempts at a run. */
interface AttemptUse {
  readonly level: IsolationLevel
  readonly processors: readonly number[]
  /** The number of this attempt, from 1. A starved run (see starvation.ts) may have several attempts. */
  readonly attempts: number
  /** Whether a launch program of the pool may serve the run. */
  readonly mayUsePool: boolean
}

/** One run of one program, from its options to its result. */
export class Run {
  readonly options: RunOptions
  readonly #extras: RunExtras
  readonly #output: Output
  #input: Input | undefined
  #process: Launched | undefined
  #endedMs: number | undefined
  #started = false
  #stopped = false
  #stoppedEarly = () => {}

  constructor(options: RunOptions, extras: RunExtras = {}) {
    this.options = options
    this.#extras = extras
    const { limits, encoding } = options
    this.#output = new Output(limits.outputBytes, encoding, () => this.#process?.stop())
  }

  /** The process id of the run's init; undefined until the run has started. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /**
   * Whether the program has read all input that has arrived, while more input may come. After the program's end, the
   * value stays as it was at the end.
   */
  get hasReadAll(): boolean {
    return this.#process !== undefined && this.#input?.isAwaited === true
  }

  /** The time of the run's end, on CLOCK_MONOTONIC. Undefined until the end, and for a run that never started. */
  get endedMs(): number | undefined {
    return this.#endedMs
  }

  /** Whether {@link stop} was called, before the run's start or after it. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** The stream for the program's stdin, with `stdin: 'pipe'`. */
  get stdin(): PassThrough | undefined {
    const { stdin } = this.options
    return stdin.kind === 'pipe' ? stdin.stream : undefined
  }

  get stdout(): Readable {
    return this.#output.stdout.stream()
  }

  get stderr(): Readable {
    return this.#output.stderr.stream()
  }

  /** Ends the run. The status of the result is then `aborted`. A second call does nothing. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#process?.stop()
    if (!this.#started) this.#stoppedEarly()
  }

  /** Counts output that does not come through a pipe of Gradebox against the output limit. */
  countOutput(bytes: number): void {
    this.#output.budget.take(bytes)
  }

  /** Sets a function to call if the run is stopped before it has started. */
  onStoppedEarly(callback: () => void): void {
    this.#stoppedEarly = callback
    if (this.#stopped && !this.#started) callback()
  }

  /** Ends the live streams, also those without any output. */
  close(): void {
    this.#output.end()
  }

  /**
   * Runs the program. Makes a further attempt if the last attempt was starved (see starvation.ts) and the caller wants
   * a retry.
   *
   * @param processors the processors of the run's turn; by default, the least used
   * @throws {SandboxError} when the program could not be started under its policy
   */
  async start(
    processors: readonly number[] = leastUsedProcessors().slice(0, this.options.processors),
  ): Promise<AnyResult> {
    if (this.#stopped) return abortedResult(this.options)
    this.#started = true
    for (let attempts = 1; ; attempts++) {
      const run = this.#runAtStrongestLevel(processors, attempts)
      const result = await run.catch((error) => explain(error, this.options, processors))
      const isLast = this.#stopped || attempts > this.options.retryWhenStarved
      if (isLast || !wasStarved(result)) return result
      this.#output.forget()
    }
  }

  /**
   * Tries the run at the level of its options. Returns undefined if the level works on this machine, else the error.
   */
  async trial(processors: readonly number[]): Promise<SandboxError | undefined> {
    try {
      await this.#runAtStrongestLevel(processors, 1)
      return undefined
    } catch (error) {
      if (!isSandboxError(error)) throw error
      return error.code.startsWith('PROGRAM_NOT') ? undefined : error
    }
  }

  // Repeats an attempt that failed because the machine lacks a level of isolation or refuses a step.
  async #runAtStrongestLevel(processors: readonly number[], attempts: number): Promise<AnyResult> {
    const { stdin } = this.options
    const input = new Input(stdin, this.#extras.terminal?.socket, () => this.#process?.stop())
    this.#input = input
    let level = this.#extras.level ?? strongestLevel(this.options)
    let mayUsePool = this.#mayUsePool(level)
    try {
      for (;;) {
        try {
          const result = await this.#attempt(input, { level, processors, attempts, mayUsePool })
          if (result !== undefined) {
            input.check()
            return result
          }
        } catch (error) {
          const weaker = weakerLevel(error, level, this.options)
          if (weaker === undefined || this.#stopped) throw error
          level = weaker
        }
        mayUsePool = false
      }
    } finally {
      input.close()
    }
  }

  #mayUsePool(level: IsolationLevel): boolean {
    return this.options.warm > 0 && this.#extras.terminal === undefined && level !== 'confined'
  }

  /**
   * One attempt at the run: its five stages.
   *
   * @returns undefined when the set-up failed, and a further attempt avoids this failure
   */
  async #attempt(input: Input, use: AttemptUse): Promise<AnyResult | undefined> {
    const { level, processors, attempts, mayUsePool } = use
    const { options } = this
    const { terminal, onPlan } = this.#extras
    const separation = separationAt(level)
    const isolation = isolationOf(level, options.policy, separation.by)
    const output = this.#output
    const cleanup = new Cleanup()
    const common = { isStopped: () => this.#stopped, cleanup }
    // The watch thread starts while this thread makes the plan. startRun() waits for the watch thread.
    startWatchThread()
    try {
      const plan = await prepareRun(options, { separation, processors, terminal, ...common })
      if (plan === undefined) return abortedResult(options, { attempts, isolation })

      const started = await startRun(plan, {
        options,
        input,
        output,
        mayUsePool,
        onPlan,
        ...common,
      })
      if (started === undefined) return abortedResult(options, { attempts, isolation })
      this.#process = started.process
      if (this.#stopped) this.#process.stop()

      const { limits } = options
      const watching = { plan, limits, input, processors: processors.length, ...common }
      const watched = await watchRun(started, watching)
      if (watched.kind === 'stopped') return abortedResult(options, { attempts, isolation })
      if (watched.kind === 'failed') {
        // A launch program of the pool may have built its root before the host changed, so the run gets another
        // attempt.
        const isOld = started.hasWaited && watched.isOfImage
        if (isOld || (!this.#stopped && noteRefusal(watched, plan.mounts))) return undefined
        throw failureError(watched.step, watched.result)
      }
      this.#endedMs = watched.records.find((record) => record.kind === 'end')?.endedMs
      checkExecuted(options, watched.records)

      const { process, logged } = started
      const collected = await collectRun(options.collect, watched.records, process, plan.flow)

      const { filter } = plan
      const facts = { output, filter, logged, processors: processors.length, attempts, isolation }
      return judgeRun(options, { ...watched, ...facts, collected })
    } finally {
      await cleanup.run()
    }
  }
}

// Adds to an error of the start the level that would work on this machine.
async function explain(
  cause: unknown,
  options: RunOptions,
  processors: readonly number[],
): Promise<never> {
  const error = cause instanceof ErrnoError ? spawnError(cause) : cause
  if (!isSandboxError(error)) throw error
  const tries = (level: IsolationLevel) => new Run(trivialRun(options, level)).trial(processors)
  throw await withAdvice(error, options, tries)
}
