import { posix } from 'node:path'
import { isUint8Array } from 'node:util/types'
import { printArgument, readArgument } from './argument.ts'
import { compareOutput } from './compare-output.ts'
import type { Finding, MatcherContext, MatcherResult } from './context.ts'
import { type ExpectedText, parseExpectedText } from './expected-text.ts'
import { judge } from './judge.ts'
import { quote } from './quote.ts'
import type { AnyResult } from './received.ts'
import { visible } from './visible.ts'

const name = 'toHaveFile'

/**
 * Passes when the program left this file and the run's `collect` option brought it back, with this
 * content if one is given: bytes, or what `toHaveStdout()` takes.
 *
 * @param path - As `collect` named it; a relative one is relative to the program's `cwd`.
 * @throws {TypeError} when `path` is no text or `content` none of these.
 */
export function toHaveFile(
  this: MatcherContext,
  received: unknown,
  path: string,
  content?: ExpectedText | Uint8Array,
): MatcherResult {
  const args = [path, ...(content === undefined ? [] : [content])].map(printArgument).join(', ')
  const wanted = readArgument(this, name, args, () => {
    if (typeof path !== 'string') throw new TypeError(`Expected a path, got ${String(path)}`)
    return content === undefined || isUint8Array(content) ? content : parseExpectedText(content)
  })
  return judge(this, name, args, received, (result) => {
    const file = lookUp(result, result.files, path)
    if (file === undefined) return missing(result, path)
    if (wanted === undefined || isUint8Array(wanted)) return compareBytes(path, wanted, file)
    return compareOutput(this, path, wanted, file)
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

function missing(result: AnyResult, path: string): Finding {
  const why = lookUp(result, result.uncollected, path)
  const paths = Object.keys(result.files)
  return {
    pass: false,
    expected: `the file ${quote(path)}`,
    received: paths.length === 0 ? 'no files' : `the files ${paths.map(quote).join(', ')}`,
    notes: [
      why === undefined
        ? 'It was not collected; is it among the paths of `collect`?'
        : `It could not be collected: ${visible(why)}`,
    ],
  }
}

function compareBytes(path: string, wanted: Uint8Array | undefined, file: Uint8Array): Finding {
  const received = `the file, ${file.length} bytes long`
  if (wanted === undefined) return { pass: true, expected: `the file ${quote(path)}`, received }
  const expected = `the file ${quote(path)} with ${wanted.length} given bytes`
  if (Buffer.compare(wanted, file) === 0) return { pass: true, expected, received }
  const at = file.findIndex((byte, index) => byte !== wanted[index])
  const place = at === -1 ? file.length : at
  return { pass: false, expected, received, notes: [`The contents differ from byte ${place} on.`] }
}
