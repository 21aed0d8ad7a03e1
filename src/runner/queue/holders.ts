import { readdirSync, readFileSync } from 'node:fs'
import { describeRange } from './turns-file.ts'

/** The largest number of characters of a command line to show. */
const LONGEST_COMMAND = 80

/**
 * Describes which processes have locks on the turns file: `processor 0 is held by process 12 (node
 * vitest)`. The kernel lists the locks of a descriptor in /proc/PID/fdinfo (proc_pid_fdinfo(5)).
 */
export function describeHolders(inode: bigint): string {
  const waiting = new Set<number>()
  const held = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((pid) =>
      locksOf(pid, inode).flatMap((start) => {
        const what = describeRange(start)
        if (what === undefined && pid !== process.pid) waiting.add(pid)
        return what === undefined ? [] : [`${what} is held by process ${pid} (${commandOf(pid)})`]
      }),
    )
  const others = waiting.size === 0 ? [] : [`processes that also wait: ${[...waiting].join(', ')}`]
  const all = [...new Set([...held, ...others])]
  return all.length === 0 ? 'no process that can be seen here holds one' : all.join('; ')
}

// "lock: 1: OFDLCK ADVISORY WRITE -1 00:1b:1234 1 1": device and inode, then the first and the last byte.
function locksOf(pid: number, inode: bigint): bigint[] {
  return filesIn(`/proc/${pid}/fdinfo`).flatMap((path) =>
    [...read(path).matchAll(/^lock:\t.* OFDLCK .* \S+:(\d+) (\d+) \S+$/gm)].flatMap(
      ([, own = '0', start = '0']) => (BigInt(own) === inode ? [BigInt(start)] : []),
    ),
  )
}

function commandOf(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
  // Any process can choose its command line, so only plain characters of a command line reach a terminal.
  return words.slice(0, LONGEST_COMMAND).replace(/[^ -~]/g, '?') || 'it has ended'
}

// Returns an empty list if the process has ended or belongs to another user.
function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => `${directory}/${name}`)
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
