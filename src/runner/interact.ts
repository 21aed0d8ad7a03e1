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
 * One of two programs that talk to each other. The options `stdin` and `stdout` are missing, because both streams lead
 * to the other program.
 */
export interface InteractiveProgram
  extends Omit<SandboxOptions, 'stdin' | 'stdout' | 'encoding' | 'retryWhenStarved'> {
  /** A program's name, looked up in the sandbox's PATH, or a path in the sandbox. */
  readonly command: string
  readonly args?: readonly string[]
}

/** The result of two programs that talked to each other. */
export interface Interaction {
  /** The results, in the order of the arguments. `stdout` is the text that a program wrote to the other program. */
  readonly results: readonly [SandboxResult, SandboxResult]
  /** The program that first ended or closed its stdout: 0 or 1. */
  readonly endedFirst: 0 | 1
  /**
   * Whether each program waited for input when the first program ended. A program waits if it has read all of its input
   * and the input is still open.
   */
  readonly waitedForInput: readonly [boolean, boolean]
  /** Whether both programs waited for each other's next message until one of them reached its walltime limit. */
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
 * other. Both programs start in one turn of the queue. So no program waits for a processor while the other program
 * waits for a message. On a machine with one processor, the programs share that processor. Each program has its own
 * policy and limits, with the precedence of `sandboxed()`. Both outputs pass through this process. Each output counts
 * against the output limit of its own program.
 *
 * The promise is rejected only with a {@link SandboxError}, when a program could not be run. The run of the other
 * program then ends too.
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

// The state of two programs whose runs were stopped before they started.
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

// Both programs share one turn. With two turns, one program could wait for a processor while the other program waits
// for a message.
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
 * other program ends too, and the other program may end as a consequence. The program whose output ends first therefore
 * counts as the first to end, even if the other program's result is known earlier.
 *
 * @returns a function that notes a program's end; only the first call counts
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

// Both runs end before the turn is released, even if one of the runs could not start.
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
