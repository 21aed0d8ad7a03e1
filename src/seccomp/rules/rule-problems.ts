import type { Problem } from '../../errors/problem.ts'
import { unknownName } from '../../errors/problem.ts'
import type {
  SeccompAction,
  SeccompCondition,
  SeccompPolicy,
  SeccompRule,
} from '../seccomp-policy.ts'
import { argumentTest } from './argument-test.ts'
import { errnoNames, errnoNumber } from './errno-names.ts'
import { expandNames, nameProblem } from './expand-names.ts'
import { operandBits } from './operand.ts'

/** The problem of an action; `undefined` for a valid action. */
function actionProblem(action: string): string | undefined {
  if (!action.startsWith('errno:')) {
    const words = ['allow', 'kill', 'log', 'errno:ENOSYS']
    return words.includes(action) ? undefined : unknownName('action', action, words)
  }
  const name = action.slice('errno:'.length)
  return errnoNumber(name) === undefined ? unknownName('error', name, errnoNames()) : undefined
}

function maskProblem(value: bigint, mask: SeccompCondition['mask']): string | undefined {
  if (mask === undefined) return 'masked_eq needs a mask'
  const bits = operandBits(mask)
  if (typeof bits === 'string') return bits
  if (bits === 0n) return 'a mask of 0 compares nothing'
  return (value & ~bits) === 0n ? undefined : 'the value has bits outside the mask'
}

function conditionProblem({ arg, op, value, mask }: SeccompCondition): Problem | undefined {
  if (!Number.isInteger(arg) || arg < 0 || arg > 5) {
    return { path: ['arg'], message: `expected an argument from 0 to 5, got ${arg}` }
  }
  const bits = operandBits(value)
  if (typeof bits === 'string') return { path: ['value'], message: bits }
  const message =
    op === 'masked_eq'
      ? maskProblem(bits, mask)
      : mask === undefined
        ? undefined
        : `a mask goes with masked_eq only, not with ${op}`
  return message === undefined ? undefined : { path: ['mask'], message }
}

// The problem of a condition that makes no valid test for one of the rule's calls.
function meaningProblem(condition: SeccompCondition, rule: SeccompRule): string | undefined {
  for (const arch of ['x64', 'arm64'] as const) {
    for (const name of expandNames(rule.syscalls, arch)) {
      try {
        argumentTest(name, arch, condition)
      } catch (error) {
        if (error instanceof RangeError) return error.message
        throw error
      }
    }
  }
  return undefined
}

function problemsOfRule(rule: SeccompRule): Problem[] {
  const action = actionProblem(rule.action)
  const names = rule.syscalls.flatMap((name, index) => {
    const message = nameProblem(name)
    return message === undefined ? [] : [{ path: ['syscalls', index], message }]
  })
  const conditions = (rule.conditions ?? []).flatMap((condition, index) => {
    const path = ['conditions', index]
    const problem = conditionProblem(condition)
    if (problem !== undefined) return [{ ...problem, path: [...path, ...problem.path] }]
    const message = meaningProblem(condition, rule)
    return message === undefined ? [] : [{ path, message }]
  })
  const actions = action === undefined ? [] : [{ path: ['action'], message: action }]
  return [...actions, ...names, ...conditions]
}

/** The problems of single rules: unknown names, and conditions that cannot be compiled. */
export function ruleProblems(seccomp: Partial<SeccompPolicy>): Problem[] {
  const fallback = seccomp.default === undefined ? undefined : actionProblem(seccomp.default)
  return [
    ...(fallback === undefined ? [] : [{ path: ['default'], message: fallback }]),
    ...(seccomp.rules ?? []).flatMap((rule, index) =>
      problemsOfRule(rule).map(({ path, message }) => ({
        path: ['rules', index, ...path],
        message,
      })),
    ),
  ]
}

/**
 * Finds out whether a filter would keep the program from starting. The launch program starts the program by `execve`,
 * and the filter also applies to this call.
 *
 * @param seccomp a filter whose rules have no problems
 */
export function startProblem({ default: fallback, rules }: SeccompPolicy): Problem | undefined {
  const passes = (action: SeccompAction) => action === 'allow' || action === 'log'
  for (const [index, rule] of rules.entries()) {
    if (!expandNames(rule.syscalls, 'x64').has('execve')) continue
    if (!passes(rule.action)) {
      const message = `"${rule.action}" on execve: no program could start under this policy`
      return { path: ['rules', index, 'action'], message }
    }
    if ((rule.conditions ?? []).length === 0) return undefined
  }
  if (passes(fallback)) return undefined
  const message = `execve gets the default, "${fallback}": no program could start; allow execve`
  return { path: [], message }
}

/** All problems of a filter. The function reports that no program could start only when there is no other problem. */
export function seccompProblems(seccomp: SeccompPolicy): Problem[] {
  const problems = ruleProblems(seccomp)
  const start = problems.length === 0 ? startProblem(seccomp) : undefined
  return start === undefined ? problems : [start]
}
