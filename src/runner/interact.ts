import { rethrowAt } from '../errors/rethrow-at.ts'
import { clockMs } from '../globals.ts'
import { hostMachine } from './host-machine.ts'
import { ActivityWatch } from './interact-activity.ts'
import { blameOf, type Ending, type FirstEnd } from './interact-blame.ts'
import { abortedResult } from './judge/judge-run.ts'
import { getDefaults } from './options/defaults.ts'
import { normalizeOptions } from './options/normalize.ts'
import type { SandboxOptions } from './options/sandbox-options.ts'
import { divideProcessors } from './queue/processors.ts'
import { sharedTurns } from './queue/queue.ts'
import type { SandboxResult } from './result.ts'
import { Run } from './run.ts'
import { superviseRun, waitReason } from './sandboxed.ts'

/**
 * One of two programs that talk to each other. It has no `stdin` or `stdout`, because both are connected to the other
 * program.
 */
export interface InteractiveProgram
  extends Omit<SandboxOptions, 'stdin' | 'stdout' | 'encoding' | 'retryWhenStarved'> {
  /** A program's name, looked up in the sandbox's PATH, or a path in the sandbox. */
  readonly command: string
  readonly args?: readonly string[]
}

/** The result of two programs that talked to each other. */
export interface Interaction {
  /** In the order of the arguments. `stdout` is the text that each wrote to the other. */
  readonly results: readonly [SandboxResult, SandboxResult]
  /** The program that first ended or closed its stdout: 0 or 1. */
  readonly endedFirst: 0 | 1
  /** Whether each program had read all that the other wrote, and its input was still open, when the first ended. */
  readonly waitedForInput: readonly [boolean, boolean]
  /** Whether each waited for the other's next message until one reached its walltime limit. */
  readonly deadlock: boolean
  /** The programs to blame for a failed interaction: none, one, or both in a deadlock. */
  readonly blame: readonly (0 | 1)[]
}

/** Two programs that talk to each other, and the promise of their result. */
export interface InteractionHandle extends Promise<Interaction> {
  /** Ends both runs with all their processes. */
  kill(): void
}

type Result = SandboxResult<string | Uint8Array>

/**
 * Runs two programs that talk to each other, each in a sandbox of its own. The stdout of each is the stdin of the
 * other. Both start in one turn, so that neither waits for a processor while the other waits for its message. On a
 * machine with one processor they share that processor. Each program has its own policy and limits, with the precedence
 * of `sandboxed()`. Both outputs pass through this process and count against each one's output limit.
 *
 * The promise is rejected only with a {@link SandboxError}, when a program could not be run. The other run ends then
 * too.
 *
 * @example
 * const { results: [judge], blame } = await interact(
 *   { command: 'python3', args: ['judge.py'], workdir: 'problem' },
 *   { command: './solution', workdir: 'submissions/alice', limits: { walltime: '2s' } },
 * )
 */
export function interact(first: InteractiveProgram, second: InteractiveProgram): InteractionHandle {
  let runs: readonly [Run, Run] | undefined
  const kill = () => {
    for (const run of runs ?? []) run.stop()
  }
  const start = async () => {
    hostMachine()
    runs = [makeRun(first), makeRun(second)]
    return talk(runs)
  }
  const result = start().catch(rethrowAt(interact))
  return Object.defineProperties(result, { kill: { value: kill } }) as InteractionHandle
}

function makeRun({ command, args = [], ...options }: InteractiveProgram): Run {
  return new Run(normalizeOptions(command, args, { ...options, stdin: 'pipe' }, getDefaults()))
}

async function talk(runs: readonly [Run, Run]): Promise<Interaction> {
  const endings: FirstEnd[] = []
  const both = runTogether(runs, endings)
  const supervised = runs.map((run, index) =>
    superviseRun(run, () => both.then((results) => results[index] as Result)),
  )
  const settled = await Promise.allSettled(supervised)
  const failure = settled.find((each) => each.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  const results = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const [one, other] = runs
  const endedMs = [one.endedMs, other.endedMs] as const
  const ending = { ...(endings[0] ?? nothingHappened), endedMs }
  return describe(results as unknown as [SandboxResult, SandboxResult], ending)
}

// Both were stopped before they started.
const nothingHappened: FirstEnd = {
  endedFirst: 0,
  waitedForInput: [false, false],
  silentMs: 0,
  computed: [undefined, undefined],
  shared: false,
}

function describe(results: readonly [SandboxResult, SandboxResult], ending: Ending): Interaction {
  const { endedFirst, waitedForInput } = ending
  const blame = blameOf(results, ending)
  return { results, endedFirst, waitedForInput, deadlock: blame.length === 2, blame }
}

// Both programs share one turn. With a turn each, one would wait for a processor while the other waits for
// its message.
function runTogether(runs: readonly [Run, Run], endings: FirstEnd[]): Promise<readonly Result[]> {
  const since = clockMs()
  const wants = runs.map(({ options }) => options.processors)
  return new Promise((resolve, reject) => {
    const stopEarly = () => {
      for (const run of runs) run.stop()
      const waited = waitReason(since)
      resolve(runs.map(({ options }) => abortedResult(options, { waited })))
    }
    for (const run of runs) run.onStoppedEarly(stopEarly)
    const request = {
      exclusive: runs.some(({ options }) => options.exclusive),
      processors: wants.reduce((sum, each) => sum + each, 0),
      cancelled: () => runs.some(({ isStopped }) => isStopped),
    }
    sharedTurns
      .take(({ processors }) => {
        const own = divideProcessors(processors, wants)
        const noteEnd = connect(runs, own, (end) => endings.push(end))
        return settle(runs, own, noteEnd)
      }, request)
      .then(resolve, reject)
  })
}

/**
 * Connects the programs, and records their state at the first end. When the output of a program ends, the input of the
 * other ends too, and the other program may end as a consequence. The program whose output ends first therefore counts
 * as the first, even where the other program's result is known earlier.
 *
 * @returns a function that notes a program's end; the first call counts
 */
function connect(
  runs: readonly [Run, Run],
  processors: readonly (readonly number[])[],
  onFirstEnd: (end: FirstEnd) => void,
): (index: 0 | 1) => void {
  const [one, other] = runs
  const watch = new ActivityWatch([() => one.pid, () => other.pid])
  const shared = processors[0]?.some((each) => processors[1]?.includes(each)) ?? false
  let hasEnded = false
  const noteEnd = (endedFirst: 0 | 1) => {
    if (hasEnded) return
    hasEnded = true
    const waitedForInput = [one.hasReadAll, other.hasReadAll] as const
    onFirstEnd({ endedFirst, waitedForInput, shared, ...watch.stop() })
  }
  for (const [index, run] of runs.entries()) {
    run.stdout.on('data', () => watch.noteMessage())
    run.stdout.once('end', () => noteEnd(index as 0 | 1))
  }
  if (other.stdin !== undefined) one.stdout.pipe(other.stdin)
  if (one.stdin !== undefined) other.stdout.pipe(one.stdin)
  return noteEnd
}

// Both runs end before the turn is released, also when one of them could not start.
async function settle(
  runs: readonly [Run, Run],
  processors: readonly (readonly number[])[],
  noteEnd: (index: 0 | 1) => void,
): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(
    runs.map(async (run, index) => {
      const other = runs[1 - index] as Run
      try {
        return await run.start(processors[index])
      } catch (error) {
        other.stop()
        throw error
      } finally {
        noteEnd(index as 0 | 1)
        // Ends the streams of this program, and so the other program's input.
        run.close()
      }
    }),
  )
  const failure = settled.find((each) => each.status === 'rejected')
  if (failure !== undefined) throw failure.reason
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}
