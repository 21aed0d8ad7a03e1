import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** An argument that marks a program among the host's processes; also a time to sleep. */
export const makeMarker = (): string => `1000.${randomInt(1e11, 2e11)}`

const isPid = (name: string): boolean => /^\d+$/.test(name)

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The host's processes that have a marker among their arguments. */
export function processesWith(marker: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => isPid(pid) && read(`/proc/${pid}/cmdline`).includes(marker))
    .map(Number)
}

/** Children of this process, also zombies, by their state and name: `Z (gradebox)`. */
export function children(): string[] {
  return readdirSync('/proc')
    .filter(isPid)
    .map((pid) => /^\d+ (\(.*\)) (\w) (\d+)/s.exec(read(`/proc/${pid}/stat`)))
    .filter((stat) => Number(stat?.[3]) === process.pid)
    .map((stat) => `${stat?.[2]} ${stat?.[1]}`)
}

/** The process ids of the inits of this process's sandboxes, whether a program runs in them or they wait for one. */
export function inits(): number[] {
  return (
    readdirSync('/proc')
      .filter(isPid)
      .filter(
        (pid) =>
          /^\d+ \(gradebox\) [^Z] (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1] === `${process.pid}`,
      )
      // The starter, which exists for a moment, is in no process namespace of its own.
      .filter((pid) => /^NSpid:.*\t1$/m.test(read(`/proc/${pid}/status`)))
      .map(Number)
  )
}

/** Waits until a condition holds, for some seconds at most; returns whether it held. */
export async function eventually(holds: () => boolean, seconds = 60): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    if (holds()) return true
    await sleep(20)
  }
  return holds()
}
