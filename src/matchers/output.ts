import { posix } from 'node:path'
import { isUint8Array } from 'node:util/types'
import type { FileFailure } from '../feedback/matcher-failure.ts'
import { namingEntry } from '../runner/collect/collect-pattern.ts'
import type { AnyResult } from '../runner/result.ts'
import { visibleLine } from '../units/visible.ts'
import { compareOutput } from './compare.ts'
import { type ExpectedText, parseExpectedText } from './expected.ts'
import {
  type Finding,
  judge,
  type MatcherContext,
  type MatcherResult,
  printArgument,
  readArgument,
} from './matcher.ts'
import { quote } from './message.ts'

/**
 * Passes when the program's stdout is exactly this text, matches this pattern somewhere, or consists of these lines or
 * tokens. The final newline of a text counts.
 *
 * @throws {TypeError} when `expected` is neither text, a RegExp, `{ lines }` nor `{ tokens, float }`
 */
export function toHaveStdout(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  return judgeStream(this, 'toHaveStdout', 'stdout', received, expected)
}

/**
 * Passes when the program's stderr is exactly this text, matches this pattern somewhere, or consists of these lines or
 * tokens. The final newline of a text counts.
 *
 * @throws {TypeError} when `expected` is neither text, a RegExp, `{ lines }` nor `{ tokens, float }`
 */
export function toHaveStderr(
  this: MatcherContext,
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  return judgeStream(this, 'toHaveStderr', 'stderr', received, expected)
}

function judgeStream(
  context: MatcherContext,
  name: string,
  stream: 'stdout' | 'stderr',
  received: unknown,
  expected: ExpectedText,
): MatcherResult {
  const args = printArgument(expected)
  const wanted = readArgument(context, name, args, () => parseExpectedText(expected))
  return judge(context, name, args, received, (result) => {
    const invalidByte = result.invalidUtf8?.[stream]
    const output = { name: stream, place: { stream }, contents: result[stream], invalidByte }
    const finding = readArgument(context, name, args, () =>
      compareOutput(context.utils, wanted, output),
    )
    return withCause(context, result, finding)
  })
}

/**
 * Puts the reason of a failed run before the difference, because output that is missing after a crash is not wrong
 * output.
 */
function withCause({ isNot }: MatcherContext, result: AnyResult, finding: Finding): Finding {
  if (isNot === true || finding.pass || result.ok) return finding
  const cause = `The run did not succeed: ${visibleLine(result.reason)}.`
  return { ...finding, cause }
}

/**
 * Passes when the program left this file and the run collected it (option `collect`). If the test gives a content, the
 * file must match this content: bytes, or a value that `toHaveStdout()` takes.
 *
 * @param path - the path as `collect` names it; a relative path is relative to the program's `cwd`
 * @throws {TypeError} when `path` is not text, or `content` is not a value of a kind that this matcher accepts
 */
export function toHaveFile(
  this: MatcherContext,
  received: unknown,
  path: string,
  content?: ExpectedText | Uint8Array,
): MatcherResult {
  const name = 'toHaveFile'
  const args = [path, ...(content === undefined ? [] : [content])].map(printArgument).join(', ')
  const wanted = readArgument(this, name, args, () => {
    if (typeof path !== 'string') throw new TypeError(`Expected a path, got ${String(path)}`)
    return content === undefined || isUint8Array(content) ? content : parseExpectedText(content)
  })
  return judge(this, name, args, received, (result) => {
    const file = lookUp(result, result.files, path)
    const find = () =>
      file === undefined ? missing(result, path) : compareFile(this, path, wanted, file)
    return withCause(this, result, readArgument(this, name, args, find))
  })
}

function lookUp<T>(
  { cwd }: Pick<AnyResult, 'cwd'>,
  files: Readonly<Record<string, T>>,
  path: string,
): T | undefined {
  const wanted = posix.resolve(cwd, path)
  const key = Object.keys(files).find((candidate) => posix.resolve(cwd, candidate) === wanted)
  return key === undefined ? undefined : files[key]
}

const mostPaths = 20

function missing(result: AnyResult, path: string): Finding {
  const paths = Object.keys(result.files)
  const { problem, note } = whyMissing(result, path)
  return {
    pass: false,
    expected: `the file ${quote(path)}`,
    received: paths.length === 0 ? 'no files' : `the files ${list(paths)}`,
    notes: [note],
    failure: { kind: 'file', file: path, problem },
  }
}

function whyMissing(
  result: AnyResult,
  path: string,
): { readonly problem: FileFailure['problem']; readonly note: string } {
  const { cwd, uncollected, collect = [] } = result
  const naming = namingEntry(collect, cwd, path)
  const why = lookUp(result, uncollected, path) ?? (naming && whyWithout(uncollected, naming, path))
  if (why !== undefined) {
    return { problem: 'unreadable', note: `It could not be collected: ${visibleLine(why)}` }
  }
  if (naming !== undefined) {
    const by = naming === path ? '' : ` (${quote(naming)})`
    return {
      problem: 'not-written',
      note: `The option \`collect\` names it${by}, but the program did not write it.`,
    }
  }
  return { problem: 'not-collected', note: whyNotNamed(collect, cwd, path) }
}

// The reason why a file is missing may belong to a directory that Gradebox could not read, or to a truncated pattern.
function whyWithout(
  uncollected: Readonly<Record<string, string>>,
  naming: string,
  path: string,
): string | undefined {
  const outer = Object.keys(uncollected).find((key) => path.startsWith(`${key}/`))
  const place = outer ?? naming
  const why = uncollected[place]
  return why === undefined || place === path ? why : `${quote(place)} ${why}`
}

function whyNotNamed(collect: readonly string[], cwd: string, path: string): string {
  const wanted = posix.resolve(cwd, path)
  const outer = collect.find((name) => wanted.startsWith(`${posix.resolve(cwd, name)}/`))
  if (outer !== undefined) {
    return `The option \`collect\` names ${quote(outer)}, which is one file; ${quote(`${outer}/`)} names what is in a directory.`
  }
  const named = collect.length === 0 ? 'no file' : list(collect)
  return `The option \`collect\` does not name it, so Gradebox did not collect it; it names ${named}.`
}

function list(paths: readonly string[]): string {
  const more = paths.length > mostPaths ? ` and ${paths.length - mostPaths} more` : ''
  return `${paths.slice(0, mostPaths).map(quote).join(', ')}${more}`
}

function compareFile(
  { utils }: MatcherContext,
  path: string,
  wanted: ExpectedText | Uint8Array | undefined,
  file: Uint8Array,
): Finding {
  if (wanted === undefined || isUint8Array(wanted)) return compareBytes(path, wanted, file)
  return compareOutput(utils, wanted, { name: path, place: { file: path }, contents: file })
}

function compareBytes(path: string, wanted: Uint8Array | undefined, file: Uint8Array): Finding {
  const received = `the file, ${file.length} bytes long`
  if (wanted === undefined) {
    const failure = { kind: 'file', file: path, problem: 'present' } as const
    return { pass: true, expected: `the file ${quote(path)}`, received, failure }
  }
  const expected = `the file ${quote(path)} with ${wanted.length} given bytes`
  const failure = { kind: 'file', file: path, problem: 'contents' } as const
  if (Buffer.compare(wanted, file) === 0) return { pass: true, expected, received, failure }
  const at = file.findIndex((byte, index) => byte !== wanted[index])
  const notes = [`The contents differ from byte ${at === -1 ? file.length : at} on.`]
  return { pass: false, expected, received, notes, failure }
}
