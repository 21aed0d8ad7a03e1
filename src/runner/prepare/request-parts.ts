import type { Collection } from '../../launcher/plan/collect-steps.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import { collectionBy, parseCollectName } from '../collect/collect-pattern.ts'
import type { PlannedOptions } from '../options/run-options.ts'

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/**
 * The paths to search for a command, as execvp(3) does, but in the sandbox.
 *
 * @param path the program's PATH; without one, the usual directories
 */
export function candidatesFor(command: string, path: string = DEFAULT_PATH): string[] {
  if (command.includes('/')) return [command]
  return path.split(':').map((directory) => `${directory === '' ? '.' : directory}/${command}`)
}

/** The paths that the init collects. The path of a pattern is a directory, which Gradebox then searches. */
export function collectionOf({
  collect,
  cwd,
}: Pick<PlannedOptions, 'collect' | 'cwd'>): Collection {
  const bases = collect.map((name) => parseCollectName(name).base)
  return {
    paths: bases.map((base) => (base.startsWith('/') ? base : `${cwd}/${base}`)),
    by: collectionBy(collect),
  }
}

/** The standard streams that are Gradebox's pipes, and the discarded ones. */
export function streamsOf(
  { stdin, stdout, stderr }: Pick<PlannedOptions, 'stdin' | 'stdout' | 'stderr'>,
  terminal: TerminalUse | undefined,
) {
  const modes = [stdin.kind === 'inherit' ? 'inherit' : 'pipe', stdout, stderr]
  const numbers = (mode: string) => modes.flatMap((each, fd) => (each === mode ? [fd] : []))
  // The terminal is one file for all its streams.
  const pipes = terminal === undefined ? numbers('pipe') : [0]
  return { pipes, discard: numbers('ignore') }
}
