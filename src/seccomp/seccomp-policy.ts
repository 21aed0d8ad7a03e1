/** The action for a system call: `errno:ENOSYS` makes the call fail with that error. */
export type SeccompAction = 'allow' | 'kill' | 'log' | `errno:${string}`

/** A comparison of one argument, as in seccomp_rule_add(3). */
export interface SeccompCondition {
  /**
   * The number of the argument, 0 to 5. The argument must not be a pointer. The filter compares only the bits that the
   * kernel reads.
   */
  readonly arg: number
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'masked_eq'
  /** A number, or names of constants: `AF_UNIX`, `CLONE_NEWNS|CLONE_NEWUSER`. */
  readonly value: number | string
  /** For `masked_eq`: the bits to compare. */
  readonly mask?: number | string
  /**
   * For Gradebox's own rules: compares a pointer with NULL. A filter can test no other property of a pointer.
   */
  readonly isNullTest?: true
}

/** A rule applies if all its conditions are true. For "or", write two rules. */
export interface SeccompRule {
  readonly action: SeccompAction
  /** Names of system calls, and of groups such as `@io`. */
  readonly syscalls: readonly string[]
  readonly conditions?: readonly SeccompCondition[]
}

export interface SeccompPolicy {
  /** The action for calls that no rule names. */
  readonly default: SeccompAction
  /** The rules, in order. The first rule that names a call, and whose conditions are true, decides. */
  readonly rules: readonly SeccompRule[]
}
