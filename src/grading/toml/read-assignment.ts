import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { invalid } from '../../errors/invalid.ts'
import type { KeyPath, Problem } from '../../errors/problem.ts'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { PolicySource } from '../../policy/source/policy-source.ts'
import { assignmentProblems } from './assignment-problems.ts'
import { assignmentSchema, type RawAssignment } from './assignment-schema.ts'

/** The most bytes of an assignment file. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads and checks an `assignment.toml`.
 *
 * @throws {SandboxError} OPTION_INVALID that lists every problem with its line, its column, the expected value and the
 * actual value
 */
export function readAssignment(path: string): RawAssignment {
  const text = readText(path)
  const source = new PolicySource(path, text)
  const fail = (problems: readonly Problem[], cause?: unknown) => {
    const placed = problems.map((problem) => withPlace(problem, source))
    return invalid('assignment', placed, {
      ...{ source, noun: 'assignment', code: 'OPTION_INVALID', cause },
    })
  }
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '') ?? ''
    throw fail([{ path: [], message, position: { line: cause.line, column: cause.column } }], cause)
  }
  const parsed = v.safeParse(assignmentSchema, value, { abortPipeEarly: true })
  if (!parsed.success) throw fail(parsed.issues.flatMap((issue) => toProblems(issue)))
  const problems = assignmentProblems(parsed.output, dirname(path))
  if (problems.length > 0) throw fail(problems)
  return parsed.output
}

// A key that is missing at the top level belongs to no table with a line. The problem of such a key gets the start of
// the file.
function withPlace(problem: Problem, source: PolicySource): Problem {
  const { path, key, position } = problem
  const isPlaced = key !== undefined || position !== undefined
  if (isPlaced || source.locate(path, 'value') !== undefined) return problem
  return { ...problem, position: { line: 1, column: 1 } }
}

function readText(path: string): string {
  const bytes = readBytes(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const found = [0xfe, 0xff].includes(bytes[0] ?? 0) ? 'UTF-16' : 'another encoding'
    throw unreadable(path, `expected text in UTF-8, got ${found}`, {
      hint: 'Save the file as UTF-8 in the editor.',
      cause,
    })
  }
}

// A read from a FIFO would block, and a device may have no end.
function readBytes(path: string): Uint8Array {
  try {
    const status = statSync(path)
    if (!status.isFile()) throw new Error('it is not a regular file')
    if (status.size <= MAX_BYTES) return readFileSync(path)
    throw new Error(`expected at most ${MAX_BYTES} bytes, got ${status.size}`)
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

const unreadable = (path: string, why: string, details: { hint?: string; cause: unknown }) =>
  new SandboxError(`${path} cannot be read: ${why}`, { code: 'OPTION_INVALID', ...details })

// Valibot's issue for a union reports only that no alternative fits. The nested issues of the intended alternative
// report the mistake.
function toProblems(issue: v.BaseIssue<unknown>, above: KeyPath = []): Problem[] {
  const path: KeyPath = [...above, ...(issue.path ?? []).map(({ key }) => asKey(key))]
  const inside = (issue.issues ?? []).filter((each) => each.path !== undefined)
  if (inside.length > 0) return inside.flatMap((each) => toProblems(each, path))
  const { message } = issue
  // The error reports an unknown key at the table that contains the key.
  return issue.type === 'strict_object' && issue.expected === 'never'
    ? [{ path: path.slice(0, -1), message, key: String(path.at(-1)) }]
    : [{ path, message }]
}

const asKey = (key: unknown): string | number => (typeof key === 'number' ? key : String(key))
