import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parse } from 'smol-toml'
import { globSync } from 'tinyglobby'
import * as v from 'valibot'
import { SandboxError } from '../../errors/sandbox-error.ts'

/** A case on disk: an input, and the output that a correct program prints for it. */
export interface Case {
  /** The file's name without `.in`. */
  readonly name: string
  readonly input: string
  readonly answer: string
  readonly args: readonly string[]
  readonly points?: number
  readonly hint?: string
}

const answerEndings = ['.ans', '.out', '.a']

const settings = v.strictObject({
  points: v.optional(v.number()),
  hint: v.optional(v.string()),
  args: v.optional(v.array(v.string())),
})

/**
 * Reads cases: `NAME.in` with `NAME.ans`, `.out` or `.a`. It also reads the arguments in `NAME.args`, one per line, and
 * the points and the hint in `NAME.toml`, if these files exist.
 *
 * @param pattern a folder, or a glob of inputs
 * @throws {SandboxError} OPTION_INVALID for no case, an input without an answer, and a wrong setting
 */
export function readCases(pattern: string, from: string): Case[] {
  const inputs = findCaseInputs(pattern, from)
  if (inputs.length === 0) {
    throw invalid(
      `There are no cases in ${resolve(from, pattern)}`,
      'A case is a file NAME.in with NAME.ans.',
    )
  }
  return inputs.map(readCase)
}

/** The inputs of cases, in the order of their names; `pattern` is a folder, or a glob of inputs. */
export function findCaseInputs(pattern: string, from: string): string[] {
  const folder = resolve(from, pattern)
  const isFolder = existsSync(folder) && statSync(folder).isDirectory()
  const found = isFolder
    ? globSync('*.in', { cwd: folder, absolute: true })
    : globSync(pattern, { cwd: from, absolute: true })
  return found.filter((path) => path.endsWith('.in')).sort(naturally)
}

// Case 10 comes after case 9. The order does not depend on the locale, so every machine has the same order.
const collator = new Intl.Collator('en', { numeric: true })
const naturally = (a: string, b: string) => collator.compare(a, b) || (a < b ? -1 : 1)

function readCase(input: string): Case {
  const name = basename(input, '.in')
  const beside = (ending: string) => join(dirname(input), `${name}${ending}`)
  const answer = answerEndings.map(beside).find((path) => existsSync(path))
  if (answer === undefined) {
    throw invalid(
      `The case ${input} has no answer`,
      `Write the output of a correct program to ${name}.ans (or .out, .a).`,
    )
  }
  const { args = readArgs(beside('.args')), points, hint } = readSettings(beside('.toml'))
  return {
    name,
    input: readCaseText(input),
    answer: readCaseText(answer),
    args,
    ...(points === undefined ? {} : { points }),
    ...(hint === undefined ? {} : { hint }),
  }
}

/**
 * Reads a file of a case as text, without a byte order mark.
 *
 * @throws {SandboxError} OPTION_INVALID for a file that cannot be read, or is not UTF-8, because a program would get
 *   other bytes than the file has
 */
export function readCaseText(path: string): string {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw invalid(`${path} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(
      `${path} is not text in UTF-8`,
      'Save it as UTF-8. A test in a test file can give a program any bytes as `stdin`.',
    )
  }
}

function readArgs(path: string): string[] {
  if (!existsSync(path)) return []
  const lines = readCaseText(path).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function readSettings(path: string): v.InferOutput<typeof settings> {
  if (!existsSync(path)) return {}
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw invalid(`${path} is not TOML: ${error instanceof Error ? error.message : error}`)
  }
  const { success, output, issues } = v.safeParse(settings, value)
  if (success) return output
  throw invalid(
    `${path}: ${v.getDotPath(issues[0]) ?? 'the whole file'}: ${issues[0].message}`,
    'A case may set `points`, `hint` and `args`.',
  )
}

function invalid(summary: string, hint?: string): SandboxError {
  return new SandboxError(summary, { code: 'OPTION_INVALID', hint })
}
