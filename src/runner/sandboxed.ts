import { Readable, type Writable } from 'node:stream'
import { rethrowAt } from '../errors/rethrow-at.ts'
import { registerRun } from './active.ts'
import { getDefaults, type SandboxDefaults } from './defaults.ts'
import { hostMachine } from './host-machine.ts'
import { checkOptions } from './options/check.ts'
import { normalizeOptions } from './options/normalize.ts'
import type { SandboxConfig, SandboxOptions } from './options/options.ts'
import { currentOwner } from './owner.ts'
import type { Line } from './queue/line.ts'
import { defaultConcurrency, makeQueue, sharedQueue, type Turns, turnsOf } from './queue/queue.ts'
import type { SandboxResult } from './result.ts'
import { abortedResult } from './run/make-result.ts'
import { Run } from './run/run.ts'

/** The output's type that an `encoding` option asks for. */
type OutputOf<Options extends SandboxOptions> = Options extends { readonly encoding: 'buffer' }
  ? Uint8Array
  : string

/** A program that is running, and the promise of its result. */
export interface SandboxHandle<Output extends string | Uint8Array = string>
  extends Promise<SandboxResult<Output>> {
  /** What the program reads, with `stdin: 'pipe'`; otherwise undefined. */
  readonly stdin: Writable | undefined
  /** What it writes, from the first byte on, whenever you ask. */
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
  <const Options extends SandboxOptions>(
    command: string,
    options: Options,
  ): SandboxHandle<OutputOf<Options>>
  (command: string, args?: readonly string[]): SandboxHandle
}

/**
 * Runs a program in a sandbox of its own.
 *
 * The promise is never rejected for what the program did, only with a {@link SandboxError} for what
 * could not be done.
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
export const sandboxed: Sandboxed = makeSandboxed(
  getDefaults,
  turnsOf(sharedQueue, () => getDefaults().concurrency),
)

/**
 * Makes a `sandboxed` with defaults bound, and with its own queue. Options of a call take their place;
 * `limits`, `env` and `files` are merged, name by name.
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

function mergeOptions(base: SandboxOptions, own: SandboxOptions): SandboxOptions {
  const merged: SandboxOptions = { ...base, ...own }
  const both = (name: 'limits' | 'env' | 'files') =>
    base[name] !== undefined && own[name] !== undefined
      ? { [name]: { ...base[name], ...own[name] } }
      : {}
  return { ...merged, ...both('limits'), ...both('env'), ...both('files') }
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
  const run = (
    command: string,
    args?: readonly string[] | SandboxOptions,
    options?: SandboxOptions,
  ) => {
    const [list, own] = splitArguments(args, options)
    const rethrow = rethrowAt(run)
    try {
      hostMachine()
      checkOptions(own, 'sandboxed')
      const one = new Run(normalizeOptions(command, list, mergeOptions(base, own), defaults()))
      return makeHandle(one, enqueue(one, turns).catch(rethrow))
    } catch (error) {
      return makeHandle(neverStarted, Promise.reject(error).catch(rethrow))
    }
  }
  return run as Sandboxed
}

type AnyResult = SandboxResult<string | Uint8Array>

async function enqueue(run: Run, turns: Turns): Promise<AnyResult> {
  const { signal } = run.options
  const stop = () => run.stop()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const result = takeTurn(run, turns)
  currentOwner()?.own({
    result,
    stop,
    get stopped() {
      return run.isStopped
    },
  })
  const unregister = registerRun({
    describe: () => `${run.options.command} (pid ${run.pid ?? 'none yet'})`,
    end: async () => {
      stop()
      // Who started the run hears of its failure.
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

// A run that is stopped while it waits is over at once; in its turn it has nothing to do.
function takeTurn(run: Run, turns: Turns): Promise<AnyResult> {
  return new Promise((resolve, reject) => {
    run.onStoppedEarly(() => resolve(abortedResult(run.options)))
    const wants = {
      exclusive: run.options.exclusive,
      processors: run.options.processors,
      cancelled: () => run.isStopped,
    }
    turns.take((turn) => run.start(turn.processors), wants).then(resolve, reject)
  })
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
