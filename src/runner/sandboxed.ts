import { Readable, type Writable } from 'node:stream'
import { rethrowAt } from '../errors/rethrow-at.ts'
import { clockMs } from '../globals.ts'
import { formatDuration } from '../units/duration.ts'
import { registerRun } from './active.ts'
import { hostMachine } from './host-machine.ts'
import { abortedResult } from './judge/judge-run.ts'
import { sweepEndingWorkers } from './launch/sweep.ts'
import { checkOptions } from './options/check-options.ts'
import { getDefaults, type SandboxDefaults } from './options/defaults.ts'
import { normalizeOptions } from './options/normalize.ts'
import type { SandboxConfig, SandboxOptions } from './options/sandbox-options.ts'
import { currentOwner } from './owner.ts'
import type { Line } from './queue/line.ts'
import { describeTurns } from './queue/machine-turns.ts'
import { defaultConcurrency, makeQueue, sharedTurns, type Turns, turnsOf } from './queue/queue.ts'
import type { SandboxResult } from './result.ts'
import { Run } from './run.ts'

/** The type of the output for an `encoding` option. */
type OutputOf<Options extends SandboxOptions> = Options extends { readonly encoding: 'buffer' }
  ? Uint8Array
  : string

/** A program that is running, and the promise of its result. */
export interface SandboxHandle<Output extends string | Uint8Array = string>
  extends Promise<SandboxResult<Output>> {
  /** The program's input, with `stdin: 'pipe'`; otherwise undefined. */
  readonly stdin: Writable | undefined
  /** The program's output from its first byte on, even if the caller begins to read late. */
  readonly stdout: Readable
  readonly stderr: Readable
  /** The process id of the sandbox on the host; undefined while the run waits in the queue. */
  readonly pid: number | undefined
  /** Ends the run with all its processes; the result's status is then `aborted`. */
  kill(): void
}

/** Runs a program in a sandbox; see {@link sandboxed}. */
export interface Sandboxed {
  <const Options extends SandboxOptions>(
    command: string,
    args: readonly string[],
    options: Options,
  ): SandboxHandle<OutputOf<Options>>
  (command: string, args?: readonly string[]): SandboxHandle
  // For a call that fits no overload, TypeScript explains the mismatch with the last overload of that number of
  // arguments. The overload with options therefore comes last.
  <const Options extends SandboxOptions>(
    command: string,
    options: Options,
  ): SandboxHandle<OutputOf<Options>>
}

/**
 * Runs a program in a sandbox of its own.
 *
 * The promise is never rejected for the behaviour of a program. It is rejected only with a {@link SandboxError}, when
 * the program could not be run.
 *
 * @param command a program's name, looked up in the sandbox's PATH, or a path in the sandbox
 * @example
 * const run = await sandboxed('./a.out', ['--fast'], {
 *   workdir: 'submissions/alice',
 *   stdin: '1 2\n',
 *   limits: { walltime: '2s', memory: '64MiB' },
 * })
 * expect(run).toExitWithin('1s')
 */
export const sandboxed: Sandboxed = makeSandboxed(getDefaults, sharedTurns)

/**
 * Makes a function like `sandboxed()` with its own defaults and its own queue. The options of a call replace the
 * defaults, but `limits`, `env` and `files` merge name by name. If a call names a policy, the limits of this policy
 * replace the default limits.
 *
 * @throws {SandboxError} OPTION_INVALID for a wrong option, POLICY_INVALID for a wrong policy
 * @example
 * const python = createSandbox({ policy: 'strict', limits: { walltime: '5s' } })
 * const run = await python('python3', ['main.py'], { workdir: 'submissions/bob' })
 */
export function createSandbox(config: SandboxConfig = {}): Sandboxed {
  try {
    checkOptions(config, 'createSandbox')
  } catch (error) {
    rethrowAt(createSandbox)(error)
  }
  const { concurrency, warm, ...base } = config
  let queue: Line | undefined
  const ownQueue = () => {
    queue ??= makeQueue(concurrency ?? defaultConcurrency())
    return queue
  }
  const turns = turnsOf(ownQueue, () => concurrency ?? getDefaults().concurrency)
  const defaults = () => (warm === undefined ? getDefaults() : { ...getDefaults(), warm })
  return makeSandboxed(defaults, turns, base)
}

function splitArguments(
  args: readonly string[] | SandboxOptions | undefined,
  options: SandboxOptions | undefined,
): [readonly string[], SandboxOptions] {
  if (args === undefined || Array.isArray(args)) return [args ?? [], options ?? {}]
  if (options === undefined && typeof args === 'object') return [[], args as SandboxOptions]
  return [args as readonly string[], options ?? {}]
}

function makeSandboxed(
  defaults: () => SandboxDefaults,
  turns: Turns,
  base: SandboxOptions = {},
): Sandboxed {
  sweepEndingWorkers()
  const run = (
    command: string,
    args?: readonly string[] | SandboxOptions,
    options?: SandboxOptions,
  ) => {
    const [list, own] = splitArguments(args, options)
    const rethrow = rethrowAt(run)
    try {
      hostMachine()
      const one = new Run(normalizeOptions(command, list, own, defaults(), base))
      const result = superviseRun(one, () => runInTurn(one, turns))
      return makeHandle(one, result.catch(rethrow))
    } catch (error) {
      return makeHandle(neverStarted, Promise.reject(error).catch(rethrow))
    }
  }
  return run as Sandboxed
}

type AnyResult = SandboxResult<string | Uint8Array>

/**
 * Starts a run, and stops the run when its signal is aborted. Registers the run with its owner and among the active
 * runs of this process.
 *
 * @param begin starts the run, or its wait for a turn
 */
export async function superviseRun(run: Run, begin: () => Promise<AnyResult>): Promise<AnyResult> {
  const { signal } = run.options
  const stop = () => run.stop()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const result = begin()
  currentOwner()?.own({
    result,
    stop,
    hostPaths: hostPathsOf(run.options),
    get stopped() {
      return run.isStopped
    },
  })
  const unregister = registerRun({
    describe: () => `${run.options.command} (pid ${run.pid ?? 'none yet'})`,
    end: async () => {
      stop()
      // Ignores a failure here, because the caller of the run receives the failure.
      await result.catch(() => {})
    },
  })
  try {
    return await result
  } finally {
    signal?.removeEventListener('abort', stop)
    run.close()
    unregister()
  }
}

// Excludes the paths that the program itself may write.
function hostPathsOf({ workdir, mounts, filePaths, stdin }: Run['options']): string[] {
  const readOnly = mounts.filter((mount) => !('writable' in mount && mount.writable))
  return [
    ...(workdir === undefined || workdir.mode === 'read-write' ? [] : [workdir.source]),
    ...readOnly.map(({ source }) => source),
    ...filePaths,
    ...(stdin.kind === 'file' ? [stdin.path] : []),
  ]
}

// A run that is stopped while it waits for its turn ends at once.
function runInTurn(run: Run, turns: Turns): Promise<AnyResult> {
  const since = clockMs()
  return new Promise((resolve, reject) => {
    run.onStoppedEarly(() => resolve(abortedResult(run.options, { waited: waitReason(since) })))
    const wants = {
      exclusive: run.options.exclusive,
      processors: run.options.processors,
      cancelled: () => run.isStopped,
    }
    turns.take((turn) => run.start(turn.processors), wants).then(resolve, reject)
  })
}

/** The shortest wait that the `reason` of a run mentions, in milliseconds. */
const SHORT_WAIT_MS = 1000

/** Describes the wait of a run that was stopped before its turn came. */
export function waitReason(since: number): string {
  const waited = clockMs() - since
  if (waited < SHORT_WAIT_MS) return ''
  return `, when it had waited ${formatDuration(waited)} for its turn: ${describeTurns()}. Give the test more time, or run fewer tests at once`
}

type Live = Pick<Run, 'stdin' | 'stdout' | 'stderr' | 'pid' | 'stop'>

const neverStarted: Live = {
  stdin: undefined,
  pid: undefined,
  get stdout() {
    return Readable.from([])
  },
  get stderr() {
    return Readable.from([])
  },
  stop: () => {},
}

function makeHandle(live: Live, result: Promise<AnyResult>): SandboxHandle {
  return Object.defineProperties(result, {
    stdin: { get: () => live.stdin },
    stdout: { get: () => live.stdout },
    stderr: { get: () => live.stderr },
    pid: { get: () => live.pid },
    kill: { value: () => live.stop() },
  }) as SandboxHandle
}
