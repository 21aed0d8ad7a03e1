import type { SandboxResult } from './result.ts'

type AnyResult = SandboxResult<string | Uint8Array>

/**
 * A result's `toJSON()`. JSON.stringify() passes a key, and gets all that JSON can hold.
 * pretty-format, which prints the diffs of Vitest and Jest, passes none, and gets what a person wants
 * to see: the verdict, and of long output the beginning and the end.
 */
export function resultToJson(this: AnyResult, ...key: unknown[]): unknown {
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
    command: [command, ...args],
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    reason,
    stdout: shorten(stdout),
    stderr: shorten(stderr),
  }
}

const mostCharacters = 1000

function shorten(output: string | Uint8Array): string | Uint8Array {
  if (output.length <= mostCharacters) return output
  const half = mostCharacters / 2
  const [start, end] = [output.slice(0, half), output.slice(-half)]
  if (typeof start === 'string') return `${start}… (${output.length} characters) …${end}`
  const text = (bytes: string | Uint8Array) => Buffer.from(bytes).toString()
  return `${text(start)}… (${output.length} bytes) …${text(end)}`
}
