import type { AnyResult } from '../runner/result.ts'
import { isSandboxResult } from '../runner/result.ts'
import { visible } from '../units/visible.ts'

type Printer<Config, Refs> = (
  value: unknown,
  config: Config,
  indentation: string,
  depth: number,
  refs: Refs,
) => string

/**
 * Prints a result in snapshots of Vitest and Jest. The snapshot shows only the parts that are the same in every run. It
 * leaves out times, memory and limits, and the contents of collected files.
 */
export const snapshotSerializer = {
  test: isSandboxResult,
  serialize<Config, Refs>(
    value: unknown,
    config: Config,
    indentation: string,
    depth: number,
    refs: Refs,
    printer: Printer<Config, Refs>,
  ): string {
    const print = printer(stableParts(value as AnyResult), config, indentation, depth, refs)
    return `SandboxResult ${print.replace(/^Object /, '')}`
  },
}

function stableParts({ command, args, status, exitCode, signal, syscall, ...rest }: AnyResult) {
  const files = Object.keys(rest.files).map(visible)
  return {
    command: [command, ...args].map(visible),
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(syscall === undefined ? {} : { syscall: syscall.name }),
    stdout: shown(rest.stdout),
    stderr: shown(rest.stderr),
    ...(files.length === 0 ? {} : { files }),
  }
}

const shown = (output: string | Uint8Array): string | Uint8Array =>
  typeof output === 'string' ? visible(output) : output
