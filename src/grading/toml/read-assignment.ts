import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { invalid } from '../../errors/invalid.ts'
import type { KeyPath, Problem } from '../../errors/problem.ts'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { checkLimits } from '../../policy/policy-limits.ts'
import { PolicySource } from '../../policy/source/policy-source.ts'
import { assignmentSchema, type RawAssignment } from './assignment-schema.ts'

/** A larger file is no assignment. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads an `assignment.toml` and checks it.
 *
 * @throws {SandboxError} OPTION_INVALID with every problem: its line and column, the expected value and the actual
 * value
 */
export function readAssignment(path: string): RawAssignment {
  const text = readText(path)
  const source = new PolicySource(path, text)
  const fail = (problems: readonly Problem[], cause?: unknown) =>
    invalid('assignment', problems, { source, noun: 'assignment', code: 'OPTION_INVALID', cause })
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? ''
    throw fail([{ path: [], message, position: { line: cause.line, column: cause.column } }], cause)
  }
  const parsed = v.safeParse(assignmentSchema, value, { abortPipeEarly: true })
  if (!parsed.success) throw fail(parsed.issues.map(toProblem))
  const problems = meaningProblems(parsed.output, dirname(path))
  if (problems.length > 0) throw fail(problems)
  return parsed.output
}

function readText(path: string): string {
  try {
    const { size } = statSync(path)
    if (size <= MAX_BYTES) return readFileSync(path, 'utf8')
    throw new Error(`expected at most ${MAX_BYTES} bytes, got ${size}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SandboxError(`${path} cannot be read: ${reason}`, { code: 'OPTION_INVALID' })
  }
}

function toProblem(issue: v.BaseIssue<unknown>): Problem {
  const path: KeyPath = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? key : String(key),
  )
  const { message } = issue
  // The error reports an unknown key at its table.
  return issue.type === 'strict_object' && issue.expected === 'never'
    ? { path: path.slice(0, -1), message, key: String(path.at(-1)) }
    : { path, message }
}

// Checks keys against each other and against the files that they name.
function meaningProblems(raw: RawAssignment, folder: string): Problem[] {
  const { tests = [], cases = [], groups = [], limits, languages } = raw
  const problems: Problem[] = []
  if (tests.length + cases.length === 0) {
    problems.push({ path: [], message: 'expected at least one of [[tests]] and [[cases]]' })
  }
  problems.push(...limitProblems(limits, ['limits']))
  if (languages !== undefined && !Array.isArray(languages)) {
    for (const [name, change] of Object.entries(languages)) {
      if (change !== true) {
        problems.push(...limitProblems(change.limits, ['languages', name, 'limits']))
      }
    }
  }
  const known = new Set(groups.map(({ name }) => name))
  for (const [index, test] of tests.entries()) {
    const at = (key: string): KeyPath => ['tests', index, key]
    problems.push(...limitProblems(test.limits, at('limits')))
    if (test.group !== undefined && !known.has(test.group)) {
      problems.push({ path: at('group'), message: `there is no [[groups]] named "${test.group}"` })
    }
    for (const key of ['stdin', 'stdout'] as const) {
      const fileKey = `${key}File` as const
      const file = test[fileKey]
      if (file === undefined) continue
      if (test[key] !== undefined) {
        problems.push({ path: at(fileKey), message: `there is ${key} too; write one of them` })
      } else if (!statSync(resolve(folder, file), { throwIfNoEntry: false })?.isFile()) {
        problems.push({ path: at(fileKey), message: `there is no file ${resolve(folder, file)}` })
      }
    }
    problems.push(...promptProblems(test.compare, at('compare')))
  }
  for (const [index, each] of cases.entries()) {
    problems.push(...limitProblems(each.limits, ['cases', index, 'limits']))
    problems.push(...promptProblems(each.compare, ['cases', index, 'compare']))
  }
  return problems
}

function limitProblems(limits: unknown, path: KeyPath): Problem[] {
  if (limits === undefined) return []
  const { problems } = checkLimits(limits, { bareTime: 's' })
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))
}

function promptProblems(
  compare: NonNullable<RawAssignment['cases']>[number]['compare'],
  path: KeyPath,
): Problem[] {
  if (typeof compare !== 'object' || compare.prompts === undefined) return []
  try {
    new RegExp(compare.prompts)
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [{ path: [...path, 'prompts'], message: reason }]
  }
}
