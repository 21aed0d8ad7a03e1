import { resolve } from 'node:path'
import type { OwnedRun, RunOwner } from '../runner/owner.ts'
import type { AnyResult } from '../runner/result.ts'

/** A run that somebody had to end, and from where it was started. */
export interface EndedRun {
  readonly result: AnyResult
  /** The stack of the call, without the error's own line. */
  readonly startedAt: string
}

/** What was still running, by who is to blame. */
export interface Leftovers {
  /** What ran when the test's time was up. */
  readonly interrupted: readonly EndedRun[]
  /** What ran when the test had ended, though nobody had asked for its end. */
  readonly forgotten: readonly EndedRun[]
}

interface StartedRun {
  readonly run: OwnedRun
  readonly startedAt: string
}

/** The runs that one test, or one test file outside its tests, has started. */
export class TestRuns implements RunOwner {
  readonly #unfinished = new Set<StartedRun>()
  readonly #interrupted = new Set<StartedRun>()
  readonly #onResult: (result: AnyResult) => void
  #ended = false

  /** @param onResult - Called with the result of each run. */
  constructor(onResult: (result: AnyResult) => void = () => {}) {
    this.#onResult = onResult
  }

  own(run: OwnedRun): void {
    const started = { run, startedAt: callStack() }
    this.#unfinished.add(started)
    const over = () => this.#unfinished.delete(started)
    run.result.then((result) => {
      over()
      this.#onResult(result)
    }, over)
    // A test whose time is up may go on in the background, into the next test's time.
    if (this.#ended) run.stop()
  }

  /** Asks every run for its end, because the test's time is up; `end()` awaits them. */
  interrupt(): void {
    for (const started of this.#unfinished) {
      this.#interrupted.add(started)
      started.run.stop()
    }
  }

  /** Ends what still runs, also what is started later, and waits until it is over. */
  async end(): Promise<Leftovers> {
    this.#ended = true
    const left = [...this.#unfinished]
    const forgotten = left.filter((each) => !this.#interrupted.has(each) && !each.run.stopped)
    for (const { run } of left) run.stop()
    await Promise.allSettled(left.map(({ run }) => run.result))
    return {
      interrupted: await settled([...this.#interrupted]),
      forgotten: await settled(forgotten),
    }
  }
}

// Whoever started a run that could not be made hears of it.
async function settled(runs: readonly StartedRun[]): Promise<EndedRun[]> {
  const ended = await Promise.allSettled(runs.map(({ run }) => run.result))
  return ended.flatMap((end, index) =>
    end.status === 'fulfilled'
      ? [{ result: end.value, startedAt: runs[index]?.startedAt ?? '' }]
      : [],
  )
}

const ownFolder = resolve(import.meta.dirname, '..')

// What is ours would push the caller's line out of sight.
function callStack(): string {
  const { stack = '' } = new Error()
  const [, ...frames] = stack.split('\n')
  return frames.filter((frame) => !frame.includes(ownFolder)).join('\n')
}
