import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { killProcess } from '../../ffi/libc.ts'
import { SESSION_NOTE } from '../../launcher/plan/confined/confined-plan.ts'
import { SIGKILL } from '../../linux/constants.ts'
import { parseStat } from '../../linux/proc-stat.ts'

/** The largest number of searches for leftover processes. None of these processes can fork. */
const MOST_ROUNDS = 100

/**
 * Ends the leftover processes of an ordinary user's run whose init was killed. These processes cannot leave their
 * session, whose number is in a file that the program cannot reach. They belong to this user, run under a filter, and
 * can gain no privilege.
 *
 * @param path the run's own directory
 */
export function endLeftSession(path: string): void {
  const session = readSession(join(path, SESSION_NOTE))
  if (session === undefined) return
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const left = processesOf(session)
    if (left.length === 0) return
    for (const pid of left) killIfThere(pid)
  }
}

function readSession(note: string): number | undefined {
  try {
    const bytes = readFileSync(note)
    const session = bytes.length === 8 ? Number(bytes.readBigUInt64LE()) : 0
    return session > 1 ? session : undefined
  } catch {
    return undefined
  }
}

function processesOf(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid && isOfSession(pid, session))
}

function isOfSession(pid: number, session: number): boolean {
  const stat = parseStat(readText(`/proc/${pid}/stat`))
  if (Number(stat.session) !== session || stat.state === 'Z') return false
  const status = readText(`/proc/${pid}/status`)
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]
  const uid = `${process.geteuid?.()}`
  return field('Uid') === uid && field('NoNewPrivs') === '1' && field('Seccomp') === '2'
}

function killIfThere(pid: number): void {
  try {
    killProcess(pid, SIGKILL)
  } catch {
    // The process ended by itself.
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
