import type { Feature } from './features.ts'

/** Kernels, by the Debian release that has them. */
export type KernelName = '5.10' | '6.1' | '6.12'

/** The user who starts the tests. */
export type User = 'root' | 'user'

const users: readonly User[] = ['root', 'user']

/** The outcome of a feature in a setting, in words or parts of them, and the code of an error. */
export type Expectation = string | { readonly throws?: string; readonly saying: readonly string[] }

export type Expectations = Readonly<Partial<Record<Feature | 'all', Expectation>>>

/** A machine that a grader may have. */
export interface Setting {
  readonly name: string
  readonly kernel: KernelName
  /** Shell commands that root runs in a mount namespace of their own before the checks. */
  readonly setup?: string
  /** Shell commands that undo the setting for the next one. */
  readonly restore?: string
  /** The command in front of the checks, such as a container's. */
  readonly within?: string
  /** The users for whom the setting is tried; both by default. */
  readonly for?: readonly User[]
  /** Whether the kernel has overlayfs; by default it has. */
  readonly overlay?: false
  /** The differences from the usual outcomes. */
  readonly expect: Readonly<Record<User, Expectations>>
}

/** The users for whom a setting is tried. */
export const usersOf = (setting: Setting): readonly User[] => setting.for ?? users
