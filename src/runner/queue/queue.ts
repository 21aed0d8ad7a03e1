import { availableParallelism } from 'node:os'
import { getDefaults } from '../options/defaults.ts'
import { Line } from './line.ts'
import { type Turn, type TurnRequest, takeTurn } from './machine-turns.ts'

let cores: number | undefined

/**
 * The number of programs that run at once in this process. By default, the test runner's workers share the machine's
 * processors equally.
 */
export function defaultConcurrency(): number {
  const { concurrency, workers } = getDefaults()
  if (concurrency !== undefined) return concurrency
  cores ??= availableParallelism()
  // Test runners start about one worker per processor. This worker does not know the exact number of workers.
  const inWorker = 'VITEST_WORKER_ID' in process.env || 'JEST_WORKER_ID' in process.env
  return Math.max(1, Math.floor(cores / (workers ?? (inWorker ? cores : 1))))
}

let shared: Line | undefined

function sharedQueue(): Line {
  shared ??= new Line(defaultConcurrency)
  return shared
}

/** A separate queue, for `createSandbox()`. */
export const makeQueue = (concurrency: number): Line => new Line(() => concurrency)

/** Runs tasks in order, when the queue and the machine have room. */
export interface Turns {
  take<Result>(work: (turn: Turn) => Promise<Result>, wants: TurnWants): Promise<Result>
}

export type TurnWants = Pick<TurnRequest, 'exclusive' | 'processors' | 'cancelled'>

/**
 * The turns of a queue.
 *
 * @param concurrency returns the number of runs that the caller set; if the caller set a number, runs do not lock the
 *   machine's processors
 */
export function turnsOf(queue: () => Line, concurrency: () => number | undefined): Turns {
  return {
    take: (work, wants) =>
      queue().add(async () => {
        const turn = await takeTurn({ ...wants, holds: concurrency() === undefined })
        try {
          return await work(turn)
        } finally {
          turn.release()
        }
      }),
  }
}

/** The turns of all runs of this process that have no queue of their own. */
export const sharedTurns: Turns = turnsOf(sharedQueue, () => getDefaults().concurrency)
