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
