import { resolve } from 'node:path'
import type { OwnedRun, RunOwner } from '../runner/owner.ts'
import type { AnyResult } from '../runner/result.ts'

/** A run that Gradebox had to end, and the call that started the run. */
export interface EndedRun {
  readonly result: AnyResult
  /** The stack of the call that started the run, without the first line, which is an error message. */
  readonly startedAt: string
}

/** The runs that Gradebox had to end, by cause. */
export interface Leftovers {
  /** The runs that were active when the test timed out. */
  readonly interrupted: readonly EndedRun[]
  /** The runs that were still active after the test, and that no code had stopped. */
  readonly forgotten: readonly EndedRun[]
}

interface StartedRun {
  readonly run: OwnedRun
  /** An error whose stack shows the start of the run. V8 formats the stack only when code reads the stack. */
  readonly origin: Error
}

/** The runs that one test, or one test file outside its tests, has started. */
export class TestRuns implements RunOwner {
  readonly #unfinished = new Set<StartedRun>()
  readonly #interrupted = new Set<StartedRun>()
  readonly #onResult: (result: AnyResult) => void
  /** The host paths that the options of the runs name. */
  readonly hostPaths = new Set<string>()
  #ended = false

  /** @param onResult - Receives the result of each run. */
  constructor(onResult: (result: AnyResult) => void = () => {}) {
    this.#onResult = onResult
  }

  own(run: OwnedRun): void {
    for (const path of run.hostPaths ?? []) this.hostPaths.add(path)
    const started = { run, origin: new Error() }
    this.#unfinished.add(started)
    const forget = () => this.#unfinished.delete(started)
    run.result.then((result) => {
      forget()
      this.#onResult(result)
    }, forget)
    // A test that timed out may continue in the background, and start runs during the next test.
    if (this.#ended) run.stop()
  }

  /** Asks every active run to end, because the test timed out. `end()` awaits the interrupted runs. */
  interrupt(): void {
    for (const started of this.#unfinished) {
      this.#interrupted.add(started)
      started.run.stop()
    }
  }

  /** Ends every active run, and waits for the ends. From then on, also stops every new run at once. */
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

// Leaves out every failed run, because the caller of the run receives the error.
async function settled(runs: readonly StartedRun[]): Promise<EndedRun[]> {
  const ended = await Promise.allSettled(runs.map(({ run }) => run.result))
  return ended.flatMap((end, index) =>
    end.status === 'fulfilled'
      ? [{ result: end.value, startedAt: callStack(runs[index]?.origin) }]
      : [],
  )
}

const ownFolder = resolve(import.meta.dirname, '..')

// Omits the frames of Gradebox, because test runners show only the first frames.
function callStack({ stack = '' }: { readonly stack?: string } = {}): string {
  const [, ...frames] = stack.split('\n')
  return frames.filter((frame) => !frame.includes(ownFolder)).join('\n')
}
