import { readFileSync } from 'node:fs'
import { clockMs } from '../../globals.ts'

/**
 * The interval in milliseconds at which Gradebox reads the load of the machine's processors. On a large machine, one
 * read takes one millisecond.
 */
const LOAD_MS = 250
/** Loads that differ by less than this share count as equal. */
const LOAD_STEP = 0.25

let allowed: readonly number[] | undefined

/** The processors that this process may use, from proc_pid_status(5). */
export function allowedProcessors(): readonly number[] {
  allowed ??= parseCpuList(
    /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0',
  )
  return allowed
}

/** A list of processors as the kernel writes it: `0-2,5` (cpuset(7), "List format"). */
export function parseCpuList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** The use of a processor since the machine started, in ticks. */
interface Ticks {
  readonly busy: number
  readonly all: number
}

/** The `cpuN` lines of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseTicks(stat: string): Map<number, Ticks> {
  const lines = [...stat.matchAll(/^cpu(\d+) (.*)$/gm)]
  return new Map(
    lines.map(([, number, fields = '']) => {
      const ticks = fields.split(' ', 8).map(Number)
      const all = ticks.reduce((sum, each) => sum + each, 0)
      const [, , , idle = 0, iowait = 0] = ticks
      return [Number(number), { busy: all - idle - iowait, all }]
    }),
  )
}

/** Finds the busy processors, so that no run is bound to a busy processor while another processor is idle. */
class Load {
  #ticks = new Map<number, Ticks>()
  #steps = new Map<number, number>()
  #readAt = Number.NEGATIVE_INFINITY

  /** Returns a processor's last measured load, in steps from 0. Returns 0 for a processor without a measurement. */
  stepOf(processor: number): number {
    if (clockMs() - this.#readAt >= LOAD_MS) this.#read()
    return this.#steps.get(processor) ?? 0
  }

  #read(): void {
    this.#readAt = clockMs()
    const ticks = readTicks()
    for (const [processor, { busy, all }] of ticks) {
      const before = this.#ticks.get(processor)
      if (before === undefined || all <= before.all) continue
      const share = (busy - before.busy) / (all - before.all)
      this.#steps.set(processor, Math.floor(share / LOAD_STEP))
    }
    this.#ticks = ticks
  }
}

function readTicks(): Map<number, Ticks> {
  try {
    return parseTicks(readFileSync('/proc/stat', 'latin1'))
  } catch {
    // Some containers hide this file. All processors then count as equally busy.
    return new Map()
  }
}

const load = new Load()
/** The number of this process's runs that are bound to each processor. */
const uses = new Map<number, number>()

/**
 * The allowed processors, least used first: ordered by the number of this process's runs, then by the machine's load.
 */
export function leastUsedProcessors(): number[] {
  const processors = allowedProcessors()
  // Several processes may start at once. Each of these processes should begin with a different processor.
  const first = process.pid % processors.length
  const rotated = [...processors.slice(first), ...processors.slice(0, first)]
  const weights = new Map(
    rotated.map((each) => [each, (uses.get(each) ?? 0) * 1000 + load.stepOf(each)]),
  )
  return rotated.sort((one, other) => (weights.get(one) ?? 0) - (weights.get(other) ?? 0))
}

/** Notes that a run is bound to processors, until the returned function is called. */
export function noteUse(processors: readonly number[]): () => void {
  const change = (by: number) => {
    for (const each of processors) uses.set(each, (uses.get(each) ?? 0) + by)
  }
  change(1)
  return () => change(-1)
}

/**
 * Divides the processors of one turn among the runs that share it. Two runs get the same processor only if all runs
 * together want more processors than the turn has.
 */
export function divideProcessors(
  held: readonly number[],
  wants: readonly number[],
): readonly (readonly number[])[] {
  let next = 0
  return wants.map((want) => {
    const count = Math.min(want, held.length)
    const own = Array.from({ length: count }, (_, index) => held[(next + index) % held.length] ?? 0)
    next += count
    return own.sort((a, b) => a - b)
  })
}
