import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { closeDescriptor } from '../../ffi/libc.ts'
import type { SandboxFile } from '../../launcher/sandbox-shape.ts'
import { boundedLimits } from '../../limits/table.ts'
import { loadPolicy } from '../../policy/load.ts'
import type { Policy } from '../../policy/policy.ts'
import { tidy } from '../../policy/policy-mounts.ts'
import { type HostPathOption, hostFileError, openHostFile } from '../io/host-file.ts'
import type { StdinSource } from '../io/stdin.ts'
import { ISOLATION_LEVELS, type IsolationLevel, strongerOf } from '../isolation/level.ts'
import { checkCommand, checkOptions } from './check-options.ts'
import type { SandboxDefaults } from './defaults.ts'
import { invalid, isUrl } from './invalid-option.ts'
import { layeredLimits, mergeOptions } from './layers.ts'
import type { OwnMount, RunOptions } from './run-options.ts'
import type { MountOption, SandboxOptions, WorkdirOption } from './sandbox-options.ts'

/**
 * Checks a run's options and fills in the defaults.
 *
 * @param call the options of the call
 * @param base the options of `createSandbox()`
 * @throws {SandboxError} POLICY_INVALID for a wrong policy, OPTION_INVALID for any other wrong option,
 *   SETUP_FAILED for a host file that cannot be read
 */
export function normalizeOptions(
  command: string,
  args: readonly string[],
  call: SandboxOptions,
  defaults: SandboxDefaults,
  base: SandboxOptions = {},
): RunOptions {
  checkCommand(command, args)
  checkOptions(call, 'sandboxed')
  const options = mergeOptions(base, call)
  const named = loadPolicy(options.policy ?? defaults.policy ?? 'strict')
  const policy = withTerminal(named, options.terminal)
  const wantedLimits = layeredLimits([defaults, base, call], policy.limits)
  const workdirTarget = targetOption(options.workdir) ?? policy.workdirTarget
  const { followLinks = false } = options
  const stdin = stdinSource(options.stdin, followLinks)
  return {
    command,
    args: [...args],
    policy,
    workdir: workdirOption(options.workdir, { mode: policy.workdirMode, followLinks }),
    workdirTarget,
    files: fileList(options.files, followLinks),
    filePaths: Object.values(options.files ?? {})
      .filter(isUrl)
      .map(hostPath),
    mounts: (options.mounts ?? []).map((mount) => mountOption(mount, followLinks)),
    env: {
      ...homeAt(workdirTarget, policy.env),
      ...sharedEnv(policy),
      ...defaults.env,
      ...options.env,
    },
    cwd: options.cwd ?? workdirTarget,
    stdin,
    stdout: options.stdout ?? 'pipe',
    stderr: options.stderr ?? 'pipe',
    encoding: options.encoding ?? 'utf8',
    limits: boundedLimits(wantedLimits),
    wantedLimits,
    processors: wantedLimits.cpus ?? 1,
    collect: options.collect ?? [],
    exclusive: options.exclusive ?? false,
    retryWhenStarved: retryWhenStarved(options.retryWhenStarved, stdin),
    signal: options.signal,
    isolation: floorOf(options.isolation ?? defaults.isolation ?? 'full', policy),
    warm: defaults.warm ?? 0,
  }
}

// No option can lower a requirement of the policy.
const floorOf = (asked: IsolationLevel, { require = [] }: Policy): IsolationLevel =>
  ISOLATION_LEVELS.filter((level) => require.includes(`isolation:${level}`)).reduce(
    strongerOf,
    asked,
  )

function mountOption(mount: MountOption, follow: boolean): OwnMount {
  const { target, type = 'bind', writable = false, optional = false, followLinks = follow } = mount
  const common = { source: hostPath(mount.source), target: tidy(target), optional, followLinks }
  return type === 'overlay' ? { type, ...common } : { type, ...common, writable }
}

const hostPath = (path: string | URL): string =>
  resolve(typeof path === 'string' ? path : fileURLToPath(path.href))

function sharedEnv({ shareEnv = [] }: Policy): Record<string, string> {
  const pairs = shareEnv.map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

interface WorkdirDefaults {
  readonly mode: WorkdirOption['mode'] | undefined
  readonly followLinks: boolean
}

function workdirOption(
  option: SandboxOptions['workdir'],
  { mode = 'copy-on-write', followLinks }: WorkdirDefaults,
): WorkdirOption | undefined {
  if (option === undefined) return undefined
  if (typeof option === 'string' || isUrl(option)) {
    return { source: hostPath(option), mode, followLinks }
  }
  return {
    source: hostPath(option.source),
    mode: option.mode ?? mode,
    followLinks: option.followLinks ?? followLinks,
  }
}

// In the shipped policies, HOME is the working directory, /work. If the working directory has another path, this
// function sets HOME to that path.
const homeAt = (workdirTarget: string, env: Policy['env']): Policy['env'] =>
  env.HOME === '/work' ? { ...env, HOME: workdirTarget } : env

function targetOption(option: SandboxOptions['workdir']): string | undefined {
  if (option === undefined || typeof option === 'string' || isUrl(option)) return undefined
  return option.target === undefined ? undefined : tidy(option.target)
}

function fileList(files: SandboxOptions['files'] = {}, followLinks: boolean): SandboxFile[] {
  return Object.entries(files).map(([target, contents]) => ({
    target,
    contents: isUrl(contents)
      ? readFileOption(target, { path: hostPath(contents), followLinks })
      : contents,
  }))
}

function readFileOption(target: string, option: HostPathOption): Uint8Array {
  try {
    const fd = openHostFile(option)
    try {
      return readFileSync(fd)
    } finally {
      closeDescriptor(fd)
    }
  } catch (error) {
    throw hostFileError(error as NodeJS.ErrnoException, option, {
      purpose: JSON.stringify(target),
      hint: 'The option files takes text, bytes, or the URL of a regular file that can be read.',
    })
  }
}

function stdinSource(stdin: SandboxOptions['stdin'] = '', followLinks: boolean): StdinSource {
  if (stdin === 'inherit') return { kind: 'inherit' }
  if (stdin === 'pipe') return { kind: 'pipe', stream: new PassThrough() }
  if (typeof stdin === 'string') return { kind: 'bytes', bytes: Buffer.from(stdin) }
  if (types.isUint8Array(stdin)) return { kind: 'bytes', bytes: stdin }
  if (isUrl(stdin)) return { kind: 'file', path: hostPath(stdin), followLinks }
  if (isReadable(stdin)) return { kind: 'stream', stream: stdin }
  throw invalid('stdin', 'text, bytes, a readable stream, a file URL, "inherit" or "pipe"', stdin)
}

function retryWhenStarved(count = 0, { kind }: StdinSource): number {
  if (count === 0 || kind === 'bytes' || kind === 'file') return count
  throw new SandboxError('The option `retryWhenStarved` needs an input that can be read again', {
    code: 'OPTION_INVALID',
    hint: 'Give stdin as text, bytes or the URL of a file, or leave retryWhenStarved out.',
  })
}

const isReadable = (value: unknown): value is Readable =>
  typeof (value as Readable | null)?.pipe === 'function'

const variants = { true: new WeakMap<Policy, Policy>(), false: new WeakMap<Policy, Policy>() }

// Returns the same object for the same policy, because Gradebox keeps an image for each policy object.
function withTerminal(policy: Policy, terminal: boolean | undefined): Policy {
  if (terminal === undefined || terminal === (policy.terminal ?? false)) return policy
  const known = variants[`${terminal}`]
  const variant = known.get(policy) ?? { ...policy, terminal }
  known.set(policy, variant)
  return variant
}
