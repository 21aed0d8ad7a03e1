import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { isSandboxError } from '../../errors/sandbox-error.ts'
import {
  type LimitKind,
  type LimitOption,
  type LimitOptions,
  limitRows,
} from '../../limits/table.ts'
import { normalizeLimits } from '../../policy/policy-limits.ts'
import { ISOLATION_LEVELS, type IsolationLevel } from '../../runner/isolation/level.ts'
import type { MountOption } from '../../runner/options/sandbox-options.ts'

/** The flags of `run` and `explain`, as typed. */
export interface RunFlags {
  readonly shareNet?: boolean
  readonly shareUts?: boolean
  readonly uid?: number
  readonly gid?: number
  readonly hostname?: string
  /** The binds of --ro-bind and --rw-bind, in the order of the command line. */
  readonly binds: readonly MountOption[]
  readonly workDir?: string
  readonly setenv: Readonly<Record<string, string>>
  readonly limits: LimitOptions
  readonly policyFile?: string
  readonly isolation?: IsolationLevel
}

const values: Readonly<Record<LimitKind, string>> = {
  duration: 'seconds, text such as 1.5s or 200ms, or unlimited',
  size: 'bytes, text such as 64MiB, or unlimited',
  count: 'a number, or unlimited',
  processors: 'a number, or all',
}

/** Adds the argument and the flags that define a run. Returns a function that collects the values of the flags. */
export function addRunFlags(command: Command): () => RunFlags {
  const binds: MountOption[] = []
  const setenv: Record<string, string> = {}
  const limits: Record<string, string | number> = {}
  const bind = (writable: boolean) => (text: string) => {
    binds.push({ ...parseBind(text), writable })
    return text
  }
  command
    .argument(
      '[command...]',
      'the command and its arguments, after -- (default: $SHELL or /bin/sh)',
    )
    .passThroughOptions()
    .option('--share-net', "keep the host's network")
    .option('--share-uts', "keep the host's name")
    .addOption(new Option('-u, --uid <ID>', 'user id that the command sees').argParser(parseId))
    .addOption(new Option('-g, --gid <ID>', 'group id that the command sees').argParser(parseId))
    .addOption(
      new Option('--hostname <NAME>', 'host name that the command sees').argParser(parseHostname),
    )
    .option('--ro-bind <HOST[:BOX]>', 'show a host path, read-only (repeatable)', bind(false))
    .option('--rw-bind <HOST[:BOX]>', 'show a host path, writable (repeatable)', bind(true))
    .option('-w, --work-dir <HOST>', 'show a host directory at /hako, writable, and run there')
    .option('--setenv <NAME=VALUE>', 'set a variable (repeatable)', (text) => {
      Object.assign(setenv, parseVariable(text))
      return text
    })
  for (const [option, { hakoniwa = option, kind, about }] of limitRows) {
    command.option(`--limit-${hakoniwa} <N>`, `limit ${about}: ${values[kind]}`, (text) => {
      limits[option] = parseLimit(text, option, kind)
      return text
    })
  }
  command.addOption(
    new Option('--isolation <LEVEL>', 'the weakest isolation to accept').choices([
      ...ISOLATION_LEVELS,
    ]),
  )
  command.option(
    '--policy, --policy-file <FILE>',
    'a policy: a TOML file, or the name of a shipped one',
    'kiss',
  )
  return () => ({ ...command.opts(), binds, setenv, limits })
}

const LARGEST_ID = 0xffff_fffe

function parseId(text: string): number {
  const id = Number(text)
  if (/^\d+$/.test(text) && id <= LARGEST_ID) return id
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${LARGEST_ID}.`)
}

function parseHostname(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('Expected 1 to 64 letters, digits, dots and hyphens.')
}

/** Reads HOST or HOST:BOX. Without BOX, the sandbox shows HOST at the same path. */
function parseBind(text: string): { source: string; target: string } {
  const colon = text.indexOf(':')
  const source = colon < 0 ? text : text.slice(0, colon)
  const target = colon < 0 ? resolve(text) : text.slice(colon + 1)
  if (source === '') throw new InvalidArgumentError('Expected a path of the host, or HOST:BOX.')
  if (!/^\/+[^/]/.test(target) || target.split('/').includes('..')) {
    const what = 'Expected BOX to be an absolute path in the sandbox, below "/" and without "..".'
    throw new InvalidArgumentError(what)
  }
  return { source: resolve(source), target }
}

function parseVariable(text: string): Record<string, string> {
  const equals = text.indexOf('=')
  if (equals > 0) return { [text.slice(0, equals)]: text.slice(equals + 1) }
  throw new InvalidArgumentError('Expected NAME=VALUE.')
}

// A number without a unit means whole seconds for a duration and bytes for a size, as in hakoniwa.
function parseLimit(text: string, option: LimitOption, kind: LimitKind): string | number {
  const bare = /^\d+$/.test(text)
  const value = !bare ? text : kind === 'duration' ? `${text}s` : Number(text)
  try {
    normalizeLimits({ [option]: value }, { bareTime: 'ms' })
    return value
  } catch (error) {
    if (!isSandboxError(error)) throw error
    const above = kind === 'size' ? '' : ', above 0'
    throw new InvalidArgumentError(`Expected ${values[kind]}${above}.`)
  }
}
