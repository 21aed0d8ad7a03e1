import { readdirSync, readFileSync } from 'node:fs'
import { clearInterval, clockMs, setInterval } from '../globals.ts'
import { parseStat } from '../linux/proc-stat.ts'

/** The activity of two programs in the time since the last message between them. */
export interface Activity {
  /** The time in milliseconds since a byte last passed between the programs. */
  readonly silentMs: number
  /** Whether each program computed at the end of the silence; undefined if Gradebox could not observe the program. */
  readonly computed: readonly [boolean | undefined, boolean | undefined]
}

type Observation = Activity['computed']
type ProcessId = () => number | undefined

/** The interval between two observations of the programs, in milliseconds. */
const LOOK_MS = 50
/**
 * The number of latest observations that count. One observation is not enough, because a waiting program may just be
 * waking up.
 */
const LOOKS = 20

/**
 * Observes two programs that talk to each other. A program that waits for input sleeps. A program that computes is
 * runnable, even while it waits for a processor. CPU times are less useful, because they depend on the machine's load.
 */
export class ActivityWatch {
  readonly #inits: readonly [ProcessId, ProcessId]
  readonly #timer: NodeJS.Timeout
  #movedMs = clockMs()
  #looks: Observation[] = []

  /** @param inits return the process ids of the two inits, once they are known */
  constructor(inits: readonly [ProcessId, ProcessId]) {
    this.#inits = inits
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  /** Notes that bytes passed from one program to the other. */
  noteMessage(): void {
    this.#movedMs = clockMs()
    this.#looks = []
  }

  /** Ends the observation. */
  stop(): Activity {
    clearInterval(this.#timer)
    return {
      silentMs: clockMs() - this.#movedMs,
      computed: [this.#hasComputed(0), this.#hasComputed(1)],
    }
  }

  #look(): void {
    const [first, second] = this.#inits
    this.#looks.push([isComputing(first()), isComputing(second())])
    if (this.#looks.length > LOOKS) this.#looks.shift()
  }

  #hasComputed(index: 0 | 1): boolean | undefined {
    const known = this.#looks.flatMap((look) => look[index] ?? [])
    return known.length === 0 ? undefined : known.filter(Boolean).length * 2 > known.length
  }
}

/** Whether a thread below an init is runnable or reads from a disk; undefined if no thread's state can be read. */
function isComputing(init: number | undefined): boolean | undefined {
  if (init === undefined) return undefined
  let found: false | undefined
  const waiting = childrenOf(init)
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    for (const thread of threadsOf(pid)) {
      const state = stateOf(`/proc/${pid}/task/${thread}/stat`)
      if (state === 'R' || state === 'D') return true
      if (state !== undefined) found = false
    }
    waiting.push(...childrenOf(pid))
  }
  return found
}

const threadsOf = (pid: number): string[] => orNone(() => readdirSync(`/proc/${pid}/task`))

const childrenOf = (pid: number): number[] =>
  threadsOf(pid).flatMap((thread) =>
    orNone(
      () => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').match(/\d+/g) ?? [],
    ).map(Number),
  )

function stateOf(path: string): string | undefined {
  const [stat = ''] = orNone(() => [readFileSync(path, 'latin1')])
  return parseStat(stat).state || undefined
}

// A process may end between two reads.
function orNone<Item>(read: () => readonly Item[]): Item[] {
  try {
    return [...read()]
  } catch {
    return []
  }
}
