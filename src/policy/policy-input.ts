import type { HakoniwaLimitOptions, LimitOptions } from '../limits/table.ts'
import type { RawPolicy } from './policy-schema.ts'

/**
 * A policy as an object in code: the keys of a policy file, described in docs/policy-keys.md. A number in `walltime` or
 * `cpu` means milliseconds here and whole seconds in a file.
 *
 * @example
 * const policy: PolicyInput = { extends: 'python', network: 'none', limits: { processes: 8 } }
 */
export type PolicyInput = DeepReadonly<Omit<RawPolicy, 'limits'>> & {
  /** A limit of a program: a number in the limit's unit, or text with a unit. */
  readonly limits?: LimitOptions & HakoniwaLimitOptions
}

type DeepReadonly<T> = T extends string | number | boolean | Uint8Array | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
