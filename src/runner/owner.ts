import { AsyncLocalStorage } from 'node:async_hooks'
import type { SandboxResult } from './result.ts'

/** The part of a run that the run's owner uses. */
export interface OwnedRun {
  /** Rejected when the program could not be run. */
  readonly result: Promise<SandboxResult<string | Uint8Array>>
  /** The host paths that the options name. A change of such a file may change the result. */
  readonly hostPaths?: readonly string[]
  /** Whether the run has already been asked to end. */
  readonly stopped: boolean
  /** Asks the run to end; `result` settles when it has ended. */
  stop(): void
}

/** The owner of runs, such as a test. When the owner ends, it ends its runs that are still active. */
export interface RunOwner {
  own(run: OwnedRun): void
}

type OwnerSource = () => RunOwner | undefined

// The source is on the global object, because a test environment and the tests in it load this module separately.
const slot = Symbol.for('gradebox.currentOwner')

interface Realm {
  [slot]?: OwnerSource | undefined
}

/** Set during work that no test owns. */
const unowned = new AsyncLocalStorage<true>()

/** The owner of a run that starts now. */
export function currentOwner(): RunOwner | undefined {
  return unowned.getStore() === true ? undefined : (globalThis as Realm)[slot]?.()
}

/**
 * Calls a function. The runs that this function starts, also later, have no owner. Such runs end at the latest with the
 * test file.
 */
export const withoutOwner = <T>(start: () => T): T => unowned.run(true, start)

/**
 * Sets the function that finds the owner of later runs.
 *
 * @param realm - the global object of this realm, or of a `vm` context with tests
 * @param source - called at the start of each run; with undefined, runs have no owner
 */
export function setOwnerSource(realm: object, source: OwnerSource | undefined): void {
  Object.defineProperty(realm, slot, { value: source, configurable: true, writable: true })
}

/** Calls a function. The runs that this function starts before it returns belong to the owner. */
export function withOwner<T>(owner: RunOwner, start: () => T): T {
  const realm = globalThis as Realm
  const source = realm[slot]
  setOwnerSource(realm, () => owner)
  try {
    return start()
  } finally {
    setOwnerSource(realm, source)
  }
}
