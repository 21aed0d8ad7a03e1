import type { LimitOptions } from '../limits/table.ts'
import type { PolicyInput } from '../policy/policy-input.ts'
import type { IsolationLevel } from '../runner/isolation/level.ts'

/** Options of the Vitest plugin: what `sandboxed()` uses where a call does not say otherwise. */
export interface GradeboxOptions {
  /**
   * Shipped name, path, URL or object. A relative path, one that starts with `.`, is relative to the
   * project's root.
   *
   * @default 'strict'
   */
  readonly policy?: string | URL | PolicyInput
  /**
   * Limits of every run, over the policy's own.
   *
   * @example { walltime: '2s', memory: '64MiB', processes: 16 }
   */
  readonly limits?: LimitOptions
  /** Environment variables of every program; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * How many programs may run at once in each test worker, 1 or more.
   *
   * @default the worker's share of the machine's processors
   */
  readonly concurrency?: number
  /**
   * How many sandboxes may wait, built and unused, for a test worker's next runs, 0 to 32; see
   * `createSandbox()`.
   *
   * @default 0
   */
  readonly warm?: number
  /**
   * The weakest isolation that is good enough for a run that does not say otherwise; see `sandboxed()`.
   *
   * @default 'full'
   */
  readonly isolation?: IsolationLevel
}
