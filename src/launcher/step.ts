import type { SandboxErrorCode } from '../errors/sandbox-error.ts'

/** The process of the launch program that executes a step. */
export type LauncherProcess = 'starter' | 'init' | 'idmap' | 'target'

/** Bytes that the segment stores next to the steps. The argument of the call is the address of the first byte. */
export type Data =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** The argument is the offset of the bytes in the segment's file, not the address. */
  | { readonly kind: 'offset'; readonly bytes: Uint8Array }
  | { readonly kind: 'words'; readonly words: readonly Argument[] }

/** A named place in memory, `area.field`. The argument is the place's address (`at`), or its 64-bit value (`load`). */
export type Place =
  | { readonly kind: 'at'; readonly place: string }
  | { readonly kind: 'load'; readonly place: string }

/** An argument of a step: a literal, a named place, or data. */
export type Argument = number | bigint | Place | Data

/** The label of the step that follows. */
export interface Goto {
  readonly goto: string
}

/** The error for the user when a step fails. */
export interface StepFailure {
  readonly code: SandboxErrorCode
  readonly hint?: string | undefined
}

/** One system call, and the use of its result. The launch program is a list of steps. */
export interface Step {
  readonly process: LauncherProcess
  readonly syscall: string
  readonly args: readonly Argument[]
  /** The arguments as text for a person, if the arguments are places or descriptors that would not help a reader. */
  readonly shown?: string
  /** A name that other steps may jump to. */
  readonly label?: string
  /** The place in which the launch program stores the result. */
  readonly store?: string
  /** After an error: report it and exit (the default), continue, or jump to a label. */
  readonly onError?: 'fail' | 'continue' | Goto
  /** An expected error. The plan continues after this error. */
  readonly tolerate?: number
  /** Jump when the result equals a value. The step machine compares before it checks for errors. */
  readonly whenEqual?: { readonly value: number | Place } & Goto
  /** Jump when the result is not an error and differs from a value. */
  readonly whenDifferent?: { readonly value: number | Place } & Goto
  /** The step that follows, if it is not the next step of the list. */
  readonly next?: Goto
  /** The error code and hint for a failure; default SETUP_FAILED. */
  readonly failure?: StepFailure
}

/** A named piece of memory, made of fields in order. A field without `init` is zero. */
export interface Area {
  readonly name: string
  readonly fields: readonly {
    readonly name: string
    /** Bytes; every field starts at a multiple of 8. */
    readonly size: number
    readonly init?: Uint8Array
  }[]
}

/** Steps and the memory that they use: a part of the launch program that is assembled as a whole. */
export interface Segment {
  readonly steps: readonly Step[]
  readonly areas: readonly Area[]
}

/** The label of the step that reports the last failed step and ends its process. */
export const FAIL = 'fail'
/** No step has this label. A jump to `die` ends the process at once, without another system call. */
export const DIE = 'die'

export const text = (value: string): Data => ({ kind: 'text', text: value })
export const bytes = (value: Uint8Array): Data => ({ kind: 'bytes', bytes: value })
/** The offset of these bytes in the file of the segment. */
export const offsetOf = (value: Uint8Array): Data => ({ kind: 'offset', bytes: value })
export const words = (...values: readonly Argument[]): Data => ({ kind: 'words', words: values })
/** The address of a place. */
export const at = (place: string): Place => ({ kind: 'at', place })
/** The 64-bit value at a place. */
export const load = (place: string): Place => ({ kind: 'load', place })

/** The same steps, with a label on the first. */
export const labelled = (label: string, steps: readonly Step[]): Step[] =>
  steps.map((step, index) => (index === 0 ? { ...step, label } : step))

/** The same steps, with a jump to a label after the last. */
export const thenGoTo = (label: string, steps: readonly Step[]): Step[] =>
  steps.map((step, index) =>
    index === steps.length - 1 ? { ...step, next: { goto: label } } : step,
  )

type StepOptions = Omit<Step, 'process' | 'syscall' | 'args'>

/** A function that makes steps for one process, so that a plan's lines stay short. */
export const stepsOf =
  (process: LauncherProcess) =>
  (syscall: string, args: readonly Argument[], options: StepOptions = {}): Step => ({
    process,
    syscall,
    args,
    ...options,
  })
