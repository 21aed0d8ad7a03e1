import { isMainThread, Worker } from 'node:worker_threads'
import { koffiPath } from '../../ffi/c-library.ts'
import { scheduleFirst } from '../../ffi/libc.ts'
import { setTimeout } from '../../globals.ts'
import { layout } from './shared.ts'

/** The shared memory of one watched run. */
export interface Slot {
  readonly words: Int32Array
  readonly numbers: Float64Array
  /** The path of the cpu.stat. */
  readonly cpuFile: Uint8Array
}

/** A run that the thread watches. */
export interface WatchedSlot extends Slot {
  /** Ends the watching. Until then the thread may use the run's descriptors. */
  readonly leave: () => void
}

/** The longest time in ms for which the thread may use a descriptor, to read or write some bytes. */
const BUSY_MS = 100
const BUSY_TRIES = 10
/**
 * The number of times, about once a millisecond, that a run checks whether the thread has started. Then the run
 * continues without the thread.
 */
const START_MS = 250

/**
 * Leaves a current directory that no longer exists. A thread could not start there, because Node reads the directory's
 * path (getcwd(3)).
 */
function leaveRemovedDirectory(): void {
  if (!isMainThread) return
  try {
    process.cwd()
  } catch {
    process.chdir('/')
  }
}

/**
 * The thread that watches the runs of this thread. The first run that needs the watch starts the thread. The thread's
 * code is not TypeScript, because Node 20 cannot run TypeScript, and under Vitest only the sources exist.
 */
class WatchThread {
  readonly #wakeWords = new Int32Array(new SharedArrayBuffer(layout.wakeSize))
  readonly #worker: Worker
  /** Callbacks that receive the error when the thread fails, because no thread watches the runs from then on. */
  readonly #lost = new Set<(error: Error) => void>()
  /** Slots that the thread knows and that belong to no run. */
  readonly #free: Slot[] = []
  #hasPriority = false

  constructor() {
    leaveRemovedDirectory()
    // The thread does not inherit the test runner's loaders, which would otherwise run in the thread too. The thread
    // has its own streams. With the process's streams, Node would make the pipes that programs inherit non-blocking.
    const bare = { execArgv: [], env: {}, argv: [], stdout: true, stderr: true }
    const workerData = { layout, wakeWords: this.#wakeWords.buffer, koffi: koffiPath() }
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

  /**
   * Settles when the thread checks runs, or when it takes too long to start. A program that fills memory at once must
   * not run unwatched while the thread starts.
   */
  async ready(): Promise<void> {
    for (let waited = 0; !this.#isReady() && waited < START_MS; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  #isReady(): boolean {
    if (this.#hasPriority) return true
    const id = Atomics.load(this.#wakeWords, layout.thread)
    if (id === 0) return false
    scheduleFirst(id)
    this.#hasPriority = true
    return true
  }

  watch(ask: (slot: Slot) => void, onLost: (error: Error) => void): WatchedSlot {
    const { state, waiting, init, exceeded, figures, asleep, woken } = layout
    const slot = this.#free.pop() ?? this.#addSlot()
    const { words, numbers } = slot
    words[init] = 0
    words[exceeded] = 0
    numbers.fill(0, 0, figures)
    ask(slot)
    // From here on the thread may read the slot.
    Atomics.store(words, state, waiting)
    this.#lost.add(onLost)
    if (Atomics.load(this.#wakeWords, asleep) === 1) {
      Atomics.store(this.#wakeWords, woken, 1)
      Atomics.notify(this.#wakeWords, woken)
    }
    const leave = () => {
      this.#lost.delete(onLost)
      if (stopWatching(words)) this.#free.push(slot)
    }
    return { ...slot, leave }
  }

  // A message costs the thread more than a look at shared memory, so most runs reuse a slot and send no message.
  #addSlot(): Slot {
    const shared = new SharedArrayBuffer(layout.size)
    this.#worker.postMessage(shared)
    const { numbersAt, cpuFileAt } = layout
    return {
      words: new Int32Array(shared, 0, numbersAt / 4),
      numbers: new Float64Array(shared, numbersAt, (cpuFileAt - numbersAt) / 8),
      cpuFile: new Uint8Array(shared, cpuFileAt),
    }
  }
}

/**
 * Makes the thread stop watching a run. Afterwards the thread uses none of the run's descriptors, whose numbers may
 * soon mean other files.
 *
 * @returns true if the thread has not looked at the run; another run may then use the slot
 */
function stopWatching(words: Int32Array): boolean {
  const { state, waiting, free, open, busy, ended } = layout
  if (Atomics.compareExchange(words, state, waiting, free) === waiting) return true
  for (let tries = 0; tries < BUSY_TRIES; tries++) {
    if (Atomics.compareExchange(words, state, open, ended) !== busy) return false
    Atomics.wait(words, state, busy, BUSY_MS)
  }
  return false
}

let thread: WatchThread | undefined

/** Returns the thread that watches runs. Starts the thread if it does not run yet. */
export function startWatchThread(): WatchThread {
  thread ??= new WatchThread()
  return thread
}

/** Starts the thread that watches runs. The promise settles when the thread is ready, or takes too long to start. */
export const watchThreadReady = (): Promise<void> => startWatchThread().ready()

/**
 * Starts to watch a run.
 *
 * @param ask writes the request for the thread into the run's shared memory
 * @param onLost receives the error when the watch's thread fails
 */
export function watchInThread(
  ask: (slot: Slot) => void,
  onLost: (error: Error) => void,
): WatchedSlot {
  return startWatchThread().watch(ask, onLost)
}
