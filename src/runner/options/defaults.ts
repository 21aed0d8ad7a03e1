import type { SandboxConfig } from './sandbox-options.ts'

/**
 * The largest number of waiting launch programs in one process, for all shapes together. Each launch program uses up to
 * eight descriptors.
 */
export const MOST_WAITING = 32

/** The defaults of `sandboxed()`. */
export interface SandboxDefaults
  extends Pick<SandboxConfig, 'policy' | 'limits' | 'env' | 'concurrency' | 'warm' | 'isolation'> {
  /** The number of test workers that share the machine. The default of `concurrency` depends on this number. */
  readonly workers?: number
}

// The defaults are on the global object, because a test runner's setup file and the tests may load this module
// separately.
const slot = Symbol.for('gradebox.defaults')

interface Realm {
  [slot]?: SandboxDefaults
}

/** The current defaults; empty until the first call of `setDefaults()`. */
export function getDefaults(): SandboxDefaults {
  return (globalThis as Realm)[slot] ?? {}
}

/**
 * Replaces the defaults of every later `sandboxed()` call of this process.
 *
 * @param realm - The global object whose calls get the defaults: this realm's, or the global object of a `vm` context.
 * @example
 * setDefaults({ policy: 'python', limits: { walltime: '5s' } })
 */
export function setDefaults(defaults: SandboxDefaults, realm: object = globalThis): void {
  const value = Object.freeze({ ...defaults })
  Object.defineProperty(realm, slot, { value, configurable: true, writable: true })
}
