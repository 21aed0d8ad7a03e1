import { constants } from 'node:os'

const names = new Map<number, string>()
// Some numbers have two names; the first in Node's table is the usual one.
for (const [name, number] of Object.entries(constants.signals)) {
  if (!names.has(number)) names.set(number, name)
}

const SIGRTMIN = 34

/** A signal's name: `SIGSEGV`, `SIGRTMIN+3`. */
export function signalName(signal: number): string {
  const name = names.get(signal)
  if (name !== undefined) return name
  return signal >= SIGRTMIN ? `SIGRTMIN+${signal - SIGRTMIN}` : `signal ${signal}`
}

/** A signal's number, by the name that `signalName` gives it; undefined for none. */
export function signalNumber(name: string): number | undefined {
  const known = Object.entries(constants.signals).find(([each]) => each === name)?.[1]
  if (known !== undefined) return known
  const realTime = /^(?:SIGRTMIN\+|signal )(\d+)$/.exec(name)?.[1]
  if (realTime === undefined) return undefined
  return Number(realTime) + (name.startsWith('SIGRTMIN') ? SIGRTMIN : 0)
}
