import type { SandboxResult } from './result.ts'

/** A run as its owner sees it. */
export interface OwnedRun {
  /** Rejected where the program could not be run. */
  readonly result: Promise<SandboxResult<string | Uint8Array>>
  /** Whether somebody has already asked for its end. */
  readonly stopped: boolean
  /** Asks for its end; `result` tells when it is over. */
  stop(): void
}

/** To whom a run belongs: a test, say, that ends what it leaves running. */
export interface RunOwner {
  own(run: OwnedRun): void
}

type OwnerSource = () => RunOwner | undefined

// On the global object: a test environment and the tests in it load this module separately.
const slot = Symbol.for('gradebox.currentOwner')

interface Realm {
  [slot]?: OwnerSource | undefined
}

/** To whom a run belongs that starts now. */
export function currentOwner(): RunOwner | undefined {
  return (globalThis as Realm)[slot]?.()
}

/**
 * Says how the owner of later runs is found out.
 *
 * @param realm - The global object of this realm, or of a `vm` context with tests.
 * @param source - Called at the start of each run; undefined: runs have no owner.
 */
export function setOwnerSource(realm: object, source: OwnerSource | undefined): void {
  Object.defineProperty(realm, slot, { value: source, configurable: true, writable: true })
}

/** Calls a function; runs that it starts before it returns belong to this owner. */
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
