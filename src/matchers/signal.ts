import { constants } from 'node:os'

const numbers: Readonly<Record<string, number>> = constants.signals

// signal(7): real-time signals have no names of their own; libc keeps the first two to itself.
const SIGRTMIN = 34
const SIGRTMAX = 64

/** A signal's number from its name: `SIGSEGV` is 11; `undefined` when there is none. */
export function signalNumber(name: string): number | undefined {
  if (Object.hasOwn(numbers, name)) return numbers[name]
  const realTime = /^SIGRT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name)
  if (realTime === null) return undefined
  const [, above = '0', below = '0'] = realTime
  const number = name.startsWith('SIGRTMIN') ? SIGRTMIN + Number(above) : SIGRTMAX - Number(below)
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined
}

/**
 * A signal's number, from a number or a name with or without `SIG`.
 *
 * @throws {RangeError} when there is no such signal.
 * @example
 * parseSignal('SEGV') // 11
 */
export function parseSignal(signal: string | number): number {
  if (typeof signal === 'string') {
    const number = signalNumber(signal.startsWith('SIG') ? signal : `SIG${signal}`)
    if (number !== undefined) return number
  } else if (Number.isInteger(signal) && signal >= 1 && signal <= SIGRTMAX) {
    return signal
  }
  throw new RangeError(
    `Expected a signal such as "SIGSEGV", "SEGV" or 11, got ${JSON.stringify(signal)}`,
  )
}
