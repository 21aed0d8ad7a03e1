/** The action for a system call: `errno:ENOSYS` makes the call fail with that error. */
export type SeccompAction = 'allow' | 'kill' | 'log' | `errno:${string}`

/** A comparison of one argument, as seccomp_rule_add(3) has it. */
export interface SeccompCondition {
  /**
   * The number of the argument, 0 to 5; not a pointer. The filter compares only the bits that the kernel
   * reads.
   */
  readonly arg: number
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'masked_eq'
  /** A number, or names of constants: `AF_UNIX`, `CLONE_NEWNS|CLONE_NEWUSER`. */
  readonly value: number | string
  /** For `masked_eq`: the bits to compare. */
  readonly mask?: number | string
  /**
   * For Gradebox's own rules: compares a pointer with NULL, the only fact that a filter can see of a pointer.
   */
  readonly isNullTest?: true
}

/** All conditions of a rule must hold; write two rules for "or". */
export interface SeccompRule {
  readonly action: SeccompAction
  /** Names of system calls, and of groups such as `@io`. */
  readonly syscalls: readonly string[]
  readonly conditions?: readonly SeccompCondition[]
}

export interface SeccompPolicy {
  /** The action for calls that no rule names. */
  readonly default: SeccompAction
  /** The first rule that names a call, and whose conditions hold, decides. */
  readonly rules: readonly SeccompRule[]
}
