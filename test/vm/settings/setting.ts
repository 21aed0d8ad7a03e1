import type { Feature } from './features.ts'

/** Kernels by the Debian release that has them. */
export type KernelName = '5.10' | '6.1' | '6.12'

/** Who starts the tests. */
export type User = 'root' | 'user'

const users: readonly User[] = ['root', 'user']

/** What a feature does in a setting: its outcome in words, or parts of it; for an error also its code. */
export type Expectation = string | { readonly throws?: string; readonly saying: readonly string[] }

export type Expectations = Readonly<Partial<Record<Feature | 'all', Expectation>>>

/** A machine as a grader may have it. */
export interface Setting {
  readonly name: string
  readonly kernel: KernelName
  /** Shell commands, run by root in a mount namespace of their own before the checks. */
  readonly setup?: string
  /** Shell commands after which the next setting starts as if this one had not been. */
  readonly restore?: string
  /** The command in front of the checks': a container, say. */
  readonly within?: string
  /** For whom it is tried; default both. */
  readonly for?: readonly User[]
  /** Whether the kernel has overlayfs; default it has. */
  readonly overlay?: false
  /** What differs from what works everywhere. */
  readonly expect: Readonly<Record<User, Expectations>>
}

/** For whom a setting is tried. */
export const usersOf = (setting: Setting): readonly User[] => setting.for ?? users
