/** A run that has started and whose processes may still exist. */
export interface ActiveRun {
  /** The run for a person: its command and process id. */
  describe(): string
  /** Ends the run; settles when none of its processes is left. */
  end(): Promise<void>
}

// On the global object: a test environment and the tests in it load this module separately, and
// must see the same runs.
const slot = Symbol.for('gradebox.activeRuns')

const poolSlot = Symbol.for('gradebox.pools')

/** What waits for runs to come. */
export interface ActivePool {
  /** All runs are over. */
  rested(): void
  /** Ends what waits; settles when none of its processes is left. */
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
 * Notes a run as unfinished, so that `endActiveRuns()` ends it. When it was the last, pools hear that it is over.
 *
 * @returns a function to call once the run is over; calling it again does nothing.
 */
export function registerRun(run: ActiveRun): () => void {
  const runs = runsOf(globalThis)
  runs.add(run)
  return () => {
    if (!runs.delete(run) || runs.size > 0) return
    for (const pool of poolsOf(globalThis)) pool.rested()
  }
}

/**
 * Notes that launch programs wait for runs to come: `endActiveRuns()` ends them, and they hear when all runs
 * are over.
 *
 * @returns a function to call once none waits; calling it again does nothing.
 */
export function registerPool(pool: ActivePool): () => void {
  const pools = poolsOf(globalThis)
  pools.add(pool)
  return () => {
    pools.delete(pool)
  }
}

/** How many runs have started that are not over. */
export const countActiveRuns = (): number => runsOf(globalThis).size

/** What this process has started and not yet seen the end of. */
export function activeRuns(): { count: number; describe: string[] } {
  const runs = [...runsOf(globalThis)]
  return { count: runs.length, describe: runs.map((run) => run.describe()) }
}

/**
 * Ends every unfinished run of this process, also those that start meanwhile, and what waits for runs to
 * come, and waits for their processes to be gone.
 *
 * @throws {AggregateError} when runs could not be ended; the others are over all the same.
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
 * Makes this realm's runs and pools those of another realm too: `realm` is the global object of a `vm`
 * context, in which tests will load this module anew.
 */
export function shareActiveRuns(realm: object): void {
  Object.defineProperty(realm, slot, { value: runsOf(globalThis), configurable: true })
  Object.defineProperty(realm, poolSlot, { value: poolsOf(globalThis), configurable: true })
}
