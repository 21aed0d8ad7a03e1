import type { SeccompAction, SeccompPolicy } from '../policy.ts'
import type { Problem } from '../problem.ts'
import type { RawSeccomp } from '../schema.ts'
import { seccompProblems } from './check.ts'

// hakoniwa's form: what is listed is what is let through, or with `allow` what is not.
function fromList({ syscalls = [], dismatch_action = 'kill_process' }: RawSeccomp): SeccompPolicy {
  if (dismatch_action === 'allow') {
    return { default: 'allow', rules: [{ action: 'kill', syscalls }] }
  }
  const fallback = dismatch_action === 'log' ? 'log' : 'kill'
  return { default: fallback, rules: [{ action: 'allow', syscalls }] }
}

// Actions are checked right after, by seccompProblems().
function fromRules({ default: fallback, rules = [] }: RawSeccomp): SeccompPolicy {
  return {
    default: (fallback ?? 'errno:ENOSYS') as SeccompAction,
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

// hakoniwa's keys in place of ours, so that a problem is told where it was written.
function asWritten(path: Problem['path'], list: boolean): Problem['path'] {
  if (!list) return ['seccomp', ...path]
  return path[0] === 'rules' && path[2] === 'syscalls'
    ? ['seccomp', 'syscalls', ...path.slice(3)]
    : ['seccomp']
}

/** Turns a `[seccomp]` table, in hakoniwa's form or in ours, into rules. */
export function normalizeSeccomp(raw: RawSeccomp): {
  readonly seccomp: SeccompPolicy
  readonly problems: readonly Problem[]
} {
  const list = raw.syscalls !== undefined || raw.dismatch_action !== undefined
  if (list && (raw.default !== undefined || raw.rules !== undefined)) {
    const message = 'syscalls and dismatch_action (hakoniwa) do not mix with default and rules'
    return { seccomp: fromRules(raw), problems: [{ path: ['seccomp'], message }] }
  }
  const seccomp = list ? fromList(raw) : fromRules(raw)
  const problems = seccompProblems(seccomp).map(({ path, message }) => ({
    path: asWritten(path, list),
    message,
  }))
  return { seccomp, problems }
}
