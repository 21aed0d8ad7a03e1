/** What happens on a system call: `errno:ENOSYS` makes it fail with that error. */
export type SeccompAction = 'allow' | 'kill' | 'log' | `errno:${string}`

/** A comparison of one argument, as seccomp_rule_add(3) has it. */
export interface SeccompCondition {
  /** Which argument, 0 to 5; no pointer. Compared are those of its bits that the kernel reads. */
  readonly arg: number
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'masked_eq'
  /** A number, or names of constants: `AF_UNIX`, `CLONE_NEWNS|CLONE_NEWUSER`. */
  readonly value: number | string
  /** With `masked_eq`: the bits that are compared. */
  readonly mask?: number | string
  /** For our own rules: the test of a pointer against NULL, which is all that a filter can see of one. */
  readonly isNullTest?: true
}

/** Conditions of one rule must all hold; for "or" write two rules. */
export interface SeccompRule {
  readonly action: SeccompAction
  /** Names of system calls, and of groups such as `@io`. */
  readonly syscalls: readonly string[]
  readonly conditions?: readonly SeccompCondition[]
}

export interface SeccompPolicy {
  /** For calls that no rule is about. */
  readonly default: SeccompAction
  /** The first that names a call, and whose conditions hold, decides. */
  readonly rules: readonly SeccompRule[]
}
