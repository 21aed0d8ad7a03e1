import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 100
const PAUSE_MS = 50

/** The leftovers of an engine on the machine: a directory, control groups of one name, and its processes. */
export interface Traces {
  /** The engine's own directory. */
  readonly home: string
  /** The name of its control groups in each hierarchy. */
  readonly cgroup: string
}

/**
 * Removes the traces of a stopped engine.
 *
 * @throws {Error} when a mount, a control group or a process stays
 */
export async function removeTraces({ home, cgroup }: Traces): Promise<void> {
  let left: string[] = []
  for (let tries = 0; tries < TRIES; tries++) {
    for (const path of cgroupsNamed(cgroup)) removeCgroup(path)
    left = [...mountsBelow(home), ...cgroupsNamed(cgroup), ...processesNaming(home)]
    if (left.length === 0) break
    await pause(PAUSE_MS)
  }
  if (left.length > 0) throw new Error(`A container engine left ${left.join(', ')}`)
  rmSync(home, { recursive: true, force: true })
}

const fields = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))

// proc_pid_mounts(5): source, target, type.
const mounts = (): string[][] => fields('/proc/self/mounts')

const mountsBelow = (home: string): string[] =>
  mounts().flatMap(([, target = '']) => (target.startsWith(home) ? [`the mount ${target}`] : []))

function cgroupsNamed(name: string): string[] {
  return mounts().flatMap(([, target = '', type]) =>
    type?.startsWith('cgroup') && names(target).includes(name) ? [join(target, name)] : [],
  )
}

// A control group's files cannot be removed; its directory goes when it has no group below and no process.
function removeCgroup(path: string): void {
  for (const each of readdirSync(path, { withFileTypes: true })) {
    if (each.isDirectory()) removeCgroup(join(path, each.name))
  }
  try {
    rmdirSync(path)
  } catch {
    // The group still has a process that is about to end.
  }
}

function processesNaming(home: string): string[] {
  return names('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(home) ? [`the process ${pid}`] : []
      } catch {
        return []
      }
    })
}

function names(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
