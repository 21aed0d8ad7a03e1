import type { LimitOptions } from '../limits/table.ts'
import type { PolicyInput } from '../policy/policy-input.ts'
import type { IsolationLevel } from '../runner/isolation/level.ts'

/** Options of the Vitest plugin. They are the defaults for calls of `sandboxed()`. */
export interface GradeboxOptions {
  /**
   * The name of a shipped policy, a path, a URL or an object. A path that starts with `.` is relative to the
   * project's root.
   *
   * @default 'strict'
   */
  readonly policy?: string | URL | PolicyInput
  /**
   * Limits of every run; they replace the policy's own.
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
   * The number of sandboxes that each test worker prepares for its next runs, 0 to 32; see `createSandbox()`.
   *
   * @default 0
   */
  readonly warm?: number
  /**
   * The weakest isolation that a run accepts by default; see `sandboxed()`.
   *
   * @default 'full'
   */
  readonly isolation?: IsolationLevel
}
