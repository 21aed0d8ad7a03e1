import { Worker } from 'node:worker_threads'
import { layout } from './shared.ts'
import type { WatchRequest } from './watch.ts'

/**
 * The thread that watches the runs of this one, started with the first run that needs it. It is no module of
 * TypeScript: Node 20 runs none, and under Vitest the sources are what there is.
 */
class WatchThread {
  readonly #bell = new Int32Array(new SharedArrayBuffer(8))
  readonly #worker: Worker
  /** Called with the error when the thread is lost, which leaves its runs unwatched. */
  readonly #lost = new Set<(error: Error) => void>()

  constructor() {
    // Nothing of the test runner's loaders: they would run in the thread too.
    const bare = { execArgv: [], env: {}, argv: [] }
    const workerData = { layout, bell: this.#bell.buffer }
    this.#worker = new Worker(new URL('./thread/main.cjs', import.meta.url), {
      ...bare,
      workerData,
    })
    this.#worker.unref()
    const end = (error: Error) => {
      if (thread === this) thread = undefined
      for (const callback of this.#lost) callback(error)
    }
    this.#worker.on('error', end)
    this.#worker.on('exit', (code) => end(new Error(`it ended with code ${code}`)))
  }

  watch(request: WatchRequest, onLost: (error: Error) => void): () => void {
    this.#lost.add(onLost)
    this.#worker.postMessage(request)
    if (Atomics.load(this.#bell, layout.asleep) === 1) {
      Atomics.store(this.#bell, layout.rung, 1)
      Atomics.notify(this.#bell, layout.rung)
    }
    return () => this.#lost.delete(onLost)
  }
}

let thread: WatchThread | undefined

/**
 * Has a run watched.
 *
 * @param onLost called when the thread that watches is lost
 * @returns ends that
 */
export function watchInThread(request: WatchRequest, onLost: (error: Error) => void): () => void {
  thread ??= new WatchThread()
  return thread.watch(request, onLost)
}
