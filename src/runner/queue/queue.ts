import { availableParallelism } from 'node:os'
import PQueue from 'p-queue'
import { getDefaults } from '../defaults.ts'
import { acquireSlot, type SlotRequest } from './machine-slots.ts'

let cores: number | undefined

/**
 * How many programs run at once in this process: as many as the machine has cores for, shared with the
 * test runner's other workers.
 */
export function defaultConcurrency(): number {
  const { concurrency, workers } = getDefaults()
  if (concurrency !== undefined) return concurrency
  cores ??= availableParallelism()
  // A test worker that was not told how many there are: the runners start about one a core.
  const inWorker = 'VITEST_WORKER_ID' in process.env || 'JEST_WORKER_ID' in process.env
  return Math.max(1, Math.floor(cores / (workers ?? (inWorker ? cores : 1))))
}

let shared: PQueue | undefined

/** The queue of all runs of this process that have no own. */
export function sharedQueue(): PQueue {
  shared ??= new PQueue()
  shared.concurrency = defaultConcurrency()
  return shared
}

/** A queue of its own, for `createSandbox()`. */
export const makeQueue = (concurrency: number): PQueue => new PQueue({ concurrency })

/** Runs, in turn, what may be done when the queue and the machine have room for it. */
export interface Turns {
  take<Result>(work: () => Promise<Result>, wants: TurnWants): Promise<Result>
}

export type TurnWants = Pick<SlotRequest, 'exclusive' | 'cancelled'>

/**
 * The turns of a queue.
 *
 * @param concurrency what the caller asked for; then the machine's processors are not counted
 */
export function turnsOf(queue: () => PQueue, concurrency: () => number | undefined): Turns {
  return {
    take: (work, wants) =>
      queue().add(async () => {
        const release = await acquireSlot({ ...wants, slot: concurrency() === undefined })
        try {
          return await work()
        } finally {
          release()
        }
      }),
  }
}
