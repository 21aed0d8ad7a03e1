import { clearTimeout, setTimeout } from '../../globals.ts'
import type { Capture } from '../io/capture.ts'
import { PipeEnd } from '../io/pipe-end.ts'

/**
 * The longest time in ms from a run's start, or from the run's first output, to the run's end, for which this process
 * waits without the event loop.
 */
const SHORT_MS = 5
/**
 * The longest time in ms for which this process waits for the first output. After this time, and after early output,
 * the event loop reads data as it arrives. The event loop needs a socket for each pipe.
 */
const QUIET_MS = 40
/**
 * The longest time in ms that this process blocks for the report of a program that has closed its streams. Most such
 * programs have ended, and the init reports the end in a fraction of this time.
 */
const END_MS = 1

/**
 * The time in ms for which the event loop reads only the streams. Most runs end within this time, and the event loop
 * then never needs a socket for the report.
 */
const STREAMS_ONLY_MS = 100

/** Returns whether all streams end within a time, in ms. */
async function endWithin(streams: readonly Promise<void>[], timeoutMs: number): Promise<boolean> {
  if (streams.length === 0) return true
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs)
    void Promise.all(streams).then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

// Most programs that are silent at first write their output when they end.
async function endsWithOutput(report: PipeEnd, streams: readonly Stream[]): Promise<boolean> {
  const pipes = streams.map(({ pipe }) => pipe)
  const [first = report] = pipes
  if (await first.hangsUpWithin(SHORT_MS)) return true
  return (await PipeEnd.anyHasNews(pipes, QUIET_MS)) && first.hangsUpWithin(SHORT_MS)
}

/** The output of the program to one of its streams. */
export interface Stream {
  readonly pipe: PipeEnd
  readonly capture: Capture
}

/**
 * Reads the streams and the report of a run until the run has ended. The report ends with the init, and every process
 * of the sandbox ends with the init. A stream may still have a writer after that, because the program can pass the
 * stream to a process of the host (unix(7), SCM_RIGHTS).
 *
 * @param isLong whether the report may be so long that this process must read it during the run
 */
export async function readToEnd(
  report: PipeEnd,
  streams: readonly Stream[],
  isLong: boolean,
): Promise<void> {
  if (await endsWithOutput(report, streams)) {
    for (const { pipe, capture } of streams) {
      pipe.readPresent()
      // A program may close its output and continue. The listeners of the output must not wait for the program's end.
      if (pipe.isClosed) capture.end()
    }
  }
  const open = streams.filter(({ pipe }) => !pipe.isClosed)
  const ended = open.map(({ pipe, capture }) => pipe.readByLoop().then(() => capture.end()))
  const isShort = !isLong && (await endWithin(ended, STREAMS_ONLY_MS))
  await (isShort ? report.readToEnd(END_MS) : report.readByLoop())
  for (const { pipe, capture } of streams) {
    pipe.finish()
    capture.end()
  }
}
