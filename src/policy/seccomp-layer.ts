import type { Problem } from '../errors/problem.ts'
import { ruleProblems } from '../seccomp/rules/rule-problems.ts'
import type { SeccompAction, SeccompRule } from '../seccomp/seccomp-policy.ts'
import type { RawSeccomp } from './policy-schema.ts'

/** The system call rules of one policy. */
export interface SeccompLayer {
  readonly default?: SeccompAction
  readonly rules: readonly SeccompRule[]
  /** Whether the table has hakoniwa's keys. Such a table replaces the whole table of the extended policy. */
  readonly isWhole: boolean
}

// Reads a table with hakoniwa's keys. The filter allows the listed calls. With `allow`, the filter kills the program
// for these calls.
function fromList({ syscalls = [], dismatch_action = 'kill_process' }: RawSeccomp): SeccompLayer {
  if (dismatch_action === 'allow') {
    return { default: 'allow', rules: [{ action: 'kill', syscalls }], isWhole: true }
  }
  const fallback = dismatch_action === 'log' ? 'log' : 'kill'
  return { default: fallback, rules: [{ action: 'allow', syscalls }], isWhole: true }
}

// The casts are safe, because ruleProblems() checks the actions directly afterwards.
function fromRules({ default: fallback, rules = [] }: RawSeccomp): SeccompLayer {
  return {
    ...(fallback === undefined ? {} : { default: fallback as SeccompAction }),
    isWhole: false,
    rules: rules.map(({ action, syscalls, conditions }) => ({
      action: action as SeccompAction,
      syscalls,
      ...(conditions === undefined
        ? {}
        : {
            conditions: conditions.map(({ arg, op, value, mask }) => ({
              arg,
              op: op ?? (mask === undefined ? 'eq' : 'masked_eq'),
              value,
              ...(mask === undefined ? {} : { mask }),
            })),
          }),
    })),
  }
}

/**
 * The path of a filter's problem in the policy as the author wrote it. A table with hakoniwa's keys has other paths.
 */
export function asWritten(path: Problem['path'], { isWhole }: SeccompLayer): Problem['path'] {
  if (!isWhole) return ['seccomp', ...path]
  return path[0] === 'rules' && path[2] === 'syscalls'
    ? ['seccomp', 'syscalls', ...path.slice(3)]
    : ['seccomp']
}

/** Turns a `[seccomp]` table, with hakoniwa's or with Gradebox's keys, into rules. */
export function normalizeSeccomp(raw: RawSeccomp): {
  readonly seccomp: SeccompLayer
  readonly problems: readonly Problem[]
} {
  const isList = raw.syscalls !== undefined || raw.dismatch_action !== undefined
  if (isList && (raw.default !== undefined || raw.rules !== undefined)) {
    const message = 'syscalls and dismatch_action (hakoniwa) do not mix with default and rules'
    return { seccomp: fromRules(raw), problems: [{ path: ['seccomp'], message }] }
  }
  const seccomp = isList ? fromList(raw) : fromRules(raw)
  const problems = ruleProblems(seccomp).map(({ path, message }) => ({
    path: asWritten(path, seccomp),
    message,
  }))
  return { seccomp, problems }
}
