import { readdirSync, readFileSync } from 'node:fs'
import { processCpuMs } from '../../ffi/libc.ts'

/** What a process tree uses at one moment. */
export interface TreeUsage {
  /** Of all its processes, those already reaped included. */
  readonly cpuTimeMs: number
  /** Resident memory, what processes share counted for each; at least what they really have. */
  readonly residentBytes: number
  readonly processes: readonly number[]
}

/** proc_pid_stat(5) gives times in these; sysconf(_SC_CLK_TCK) is 100 on every Linux we run on. */
const MS_PER_TICK = 10

/**
 * Adds up what the processes below an init use. Parents are looked at before their children: one that is
 * reaped meanwhile may be missed, but none is counted twice.
 */
export function readTree(init: number): TreeUsage {
  let cpuTimeMs = 0
  let residentBytes = 0
  const processes: number[] = []
  const waiting = [init]
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    const status = read(`/proc/${pid}/status`)
    cpuTimeMs += reapedMs(pid)
    if (pid !== init) {
      cpuTimeMs += processCpuMs(pid) ?? 0
      residentBytes += residentOf(status)
      processes.push(pid)
    }
    const isHidden = pid === init && status === ''
    waiting.push(...(isHidden ? childrenByParent(pid) : childrenOf(pid, threadsOf(pid, status))))
  }
  return { cpuTimeMs, residentBytes, processes }
}

/** The processes' memory, each page that they share counted once: proc_pid_smaps(5), Pss. */
export function proportionalBytes(processes: readonly number[]): number {
  return processes
    .map((pid) => /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1])
    .reduce((sum, kilobytes) => sum + Number(kilobytes ?? 0) * 1024, 0)
}

/**
 * For how long a tree's threads could have run but had no processor: proc_pid_schedstat(5).
 *
 * @returns milliseconds, of the thread that waited longest
 */
export function longestWaitMs(processes: readonly number[]): number {
  const waits = processes
    .flatMap((pid) => threadsOf(pid).map((thread) => `/proc/${pid}/task/${thread}/schedstat`))
    .map((path) => parseSchedstat(read(path)))
  return Math.max(0, ...waits)
}

/** The waiting time in a schedstat's text, in milliseconds: its second number, nanoseconds. */
export const parseSchedstat = (text: string): number => Number(text.split(' ')[1] ?? 0) / 1e6 || 0

function childrenOf(pid: number, threads = [pid]): number[] {
  // Each thread has its own; a child is its process's all the same.
  return threads.flatMap((thread) => numbers(read(`/proc/${pid}/task/${thread}/children`)))
}

// Where /proc hides the processes of others (hidepid=, proc(5)), it hides the init, which is undumpable,
// with the list of its children. Them it shows: they are ours, and in a user namespace of ours.
function childrenByParent(parent: number): number[] {
  const line = new RegExp(`^PPid:\\s+${parent}$`, 'm')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && line.test(read(`/proc/${name}/status`)))
    .map(Number)
}

// One thread, as nearly every process has, needs no listing.
function threadsOf(pid: number, status = read(`/proc/${pid}/status`)): number[] {
  if (/^Threads:\s+1$/m.test(status)) return [pid]
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}

/** The CPU time of the children that a process has reaped, user and system, in milliseconds. */
function reapedMs(pid: number): number {
  // The name, in parentheses, may have spaces and parentheses itself.
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Of proc_pid_stat(5)'s fields, cutime is the 16th and cstime the 17th; the first here is its third.
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * MS_PER_TICK
}

const residentOf = (status: string): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024

const numbers = (text: string): number[] =>
  text.split(' ').flatMap((word) => (/^\d/.test(word) ? [Number(word)] : []))

// A process may be gone at any moment; what it used is then its parent's.
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
