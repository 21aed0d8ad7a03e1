/** asm-generic/signal.h: signals by their usual names. The numbers are the same on x86-64 and arm64. */
export const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const

/** Second names of signals. */
const aliases = { SIGIOT: signals.SIGABRT, SIGPOLL: signals.SIGIO } as const

type StandardSignal = keyof typeof signals | keyof typeof aliases
type RealTimeSignal = 'SIGRTMIN' | 'SIGRTMAX' | `SIGRTMIN+${number}` | `SIGRTMAX-${number}`

/** A signal's name: `SIGSEGV`, `SIGRTMIN+3`. */
export type SignalName = StandardSignal | RealTimeSignal

// The kernel's real-time signals are 32 to 64. The C library reserves signals 32 and 33 and does not name them
// (signal(7)).
const SIGRTMIN = 34
const SIGRTMAX = 64

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(signals).map(([name, number]) => [number, name]),
)
const numbers: ReadonlyMap<string, number> = new Map(Object.entries({ ...signals, ...aliases }))

/** A signal's name: `SIGSEGV`, `SIGRTMIN+3`; `signal 32` for a signal without a name. */
export function signalName(signal: number): string {
  const name = names.get(signal)
  if (name !== undefined) return name
  return signal >= SIGRTMIN ? `SIGRTMIN+${signal - SIGRTMIN}` : `signal ${signal}`
}

/**
 * The number of a signal, by any of its names or by the text that `signalName()` returns.
 *
 * @returns undefined when there is no such signal
 * @example signalNumber('SIGRTMAX-1') // 63
 */
export function signalNumber(name: string): number | undefined {
  const standard = numbers.get(name)
  if (standard !== undefined) return standard
  const match = /^(?:(SIGRTMIN)(?:\+(\d{1,2}))?|(SIGRTMAX)(?:-(\d{1,2}))?|signal (\d{1,2}))$/.exec(
    name,
  )
  if (match === null) return undefined
  const [, isMin, above = 0, isMax, below = 0, plain = 0] = match
  if (isMin !== undefined) return realTime(SIGRTMIN + Number(above))
  if (isMax !== undefined) return realTime(SIGRTMAX - Number(below))
  return isSignal(Number(plain)) ? Number(plain) : undefined
}

const realTime = (number: number): number | undefined =>
  number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined

/** Whether the kernel has a signal with this number. */
export function isSignal(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= SIGRTMAX
}
