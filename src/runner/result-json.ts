import { cutMiddle } from '../units/cut.ts'
import { visible } from '../units/visible.ts'
import { type AnyResult, brand } from './result.ts'

/**
 * Marks a result, so that matchers of another realm or another copy of Gradebox recognize the result. Also defines how
 * the result prints.
 */
export function brandResult<T extends object>(result: T): T {
  Object.defineProperty(result, 'toJSON', { value: resultToJson })
  return Object.defineProperty(result, brand, { value: true })
}

/**
 * A result's `toJSON()`. JSON.stringify() passes a key, and gets every field. pretty-format prints the diffs of Vitest
 * and Jest. pretty-format passes no key, and gets a summary for a person: the verdict, and the beginning and end of
 * long output.
 */
function resultToJson(this: AnyResult, ...key: unknown[]): unknown {
  return key.length > 0 ? jsonOf(this) : summaryOf(this)
}

function jsonOf(result: AnyResult): unknown {
  const { syscall } = result
  if (syscall === undefined) return { ...result }
  return {
    ...result,
    syscall: { ...syscall, args: syscall.args.map((word) => `0x${word.toString(16)}`) },
  }
}

function summaryOf({ command, args, status, exitCode, signal, reason, stdout, stderr }: AnyResult) {
  return {
    command: [command, ...args].map(visible),
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    reason,
    stdout: shorten(stdout),
    stderr: shorten(stderr),
  }
}

const mostCharacters = 1000

// Returns the start of the UTF-8 character at a position. A character has at most three further bytes, which all have
// the form 10xxxxxx.
function characterFrom(bytes: Uint8Array, place: number): number {
  const isInside = (at: number) => ((bytes[at] ?? 0) & 0xc0) === 0x80
  const before = [0, 1, 2, 3].find((back) => !isInside(place - back))
  return place - (before ?? 0)
}

function shorten(output: string | Uint8Array): string | Uint8Array {
  if (output.length <= mostCharacters) return typeof output === 'string' ? visible(output) : output
  const half = mostCharacters / 2
  if (typeof output === 'string') return visible(cutMiddle(output, mostCharacters))
  const start = characterFrom(output, half)
  const end = characterFrom(output, output.length - half)
  const text = (from: number, to?: number) => Buffer.from(output.subarray(from, to)).toString()
  return visible(`${text(0, start)}… (${output.length} bytes) …${text(end)}`)
}
