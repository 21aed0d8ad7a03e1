/** A run that has started and whose processes may still exist. */
export interface ActiveRun {
  /** Describes the run for a person, by its command and process id. */
  describe(): string
  /** Ends the run; settles when all its processes have ended. */
  end(): Promise<void>
}

// The runs are on the global object, because a test environment and its tests load this module separately, and must see
// the same runs.
const slot = Symbol.for('gradebox.activeRuns')

const poolSlot = Symbol.for('gradebox.pools')

/** Launch programs that wait for later runs. */
export interface ActivePool {
  /** Called when all runs have ended. */
  onIdle(): void
  /** Ends the waiting launch programs; settles when all their processes have ended. */
  end(): Promise<void>
}

interface Realm {
  [slot]?: Set<ActiveRun>
  [poolSlot]?: Set<ActivePool>
}

function runsOf(global: object): Set<ActiveRun> {
  const realm: Realm = global
  realm[slot] ??= new Set()
  return realm[slot]
}

function poolsOf(global: object): Set<ActivePool> {
  const realm: Realm = global
  realm[poolSlot] ??= new Set()
  return realm[poolSlot]
}

/**
 * Registers a run as unfinished, so that `endActiveRuns()` ends it. The end of the last run notifies the
 * pools.
 *
 * @returns a function to call when the run has ended; further calls do nothing
 */
export function registerRun(run: ActiveRun): () => void {
  const runs = runsOf(globalThis)
  runs.add(run)
  return () => {
    if (!runs.delete(run) || runs.size > 0) return
    for (const pool of poolsOf(globalThis)) pool.onIdle()
  }
}

/**
 * Registers waiting launch programs. `endActiveRuns()` ends them. The end of the last run notifies the pool.
 *
 * @returns a function to call when no launch program waits any more; further calls do nothing
 */
export function registerPool(pool: ActivePool): () => void {
  const pools = poolsOf(globalThis)
  pools.add(pool)
  return () => {
    pools.delete(pool)
  }
}

/** The number of runs that have started and not ended. */
export const countActiveRuns = (): number => runsOf(globalThis).size

/** The runs that this process has started and that have not ended. */
export function activeRuns(): { count: number; describe: string[] } {
  const runs = [...runsOf(globalThis)]
  return { count: runs.length, describe: runs.map((run) => run.describe()) }
}

/**
 * Ends every unfinished run of this process, also those that start meanwhile, and every waiting launch
 * program. It waits for the end of their processes.
 *
 * @throws {AggregateError} when some runs could not be ended; the others have ended nevertheless
 */
export async function endActiveRuns(): Promise<void> {
  const runs = runsOf(globalThis)
  const failures: unknown[] = []
  while (runs.size > 0) {
    const batch = [...runs]
    for (const ending of await Promise.allSettled(batch.map(async (run) => run.end()))) {
      if (ending.status === 'rejected') failures.push(ending.reason)
    }
    for (const run of batch) runs.delete(run)
  }
  await Promise.all([...poolsOf(globalThis)].map((pool) => pool.end()))
  if (failures.length > 0) {
    throw new AggregateError(failures, `Could not end ${failures.length} unfinished run(s)`)
  }
}

/**
 * Shares this realm's runs and pools with another realm: `realm` is the global object of a `vm` context, in
 * which tests will load this module anew.
 */
export function shareActiveRuns(realm: object): void {
  Object.defineProperty(realm, slot, { value: runsOf(globalThis), configurable: true })
  Object.defineProperty(realm, poolSlot, { value: poolsOf(globalThis), configurable: true })
}
