import { argumentText } from '../../linux/calls/argument-text.ts'
import type { ArgumentKind } from '../../linux/calls/signatures.ts'
import {
  F_GETFD,
  FD_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  PR_CAPBSET_DROP,
  PR_SET_PDEATHSIG,
} from '../../linux/constants.ts'
import { capabilityName } from '../../linux/names/capabilities.ts'
import { signalName } from '../../linux/signals.ts'
import type { Argument } from '../step.ts'

/** Formats a literal according to its kind. Any other argument appears as its data, or as its named place in memory. */
export function argument(kind: ArgumentKind, given: Argument | undefined = 0): string {
  if (typeof given === 'object') return value(given)
  const bits = BigInt(given)
  return argumentText(kind, kind === 'open' ? onX64(bits) : bits, 'x64')
}

// Two flags of open(2) have different values on x64 and arm64. No other flag in a step uses these values, so the text
// of a step does not depend on the architecture.
const perArchitecture = [O_DIRECTORY, O_NOFOLLOW].map(
  ({ x64, arm64 }) => [BigInt(x64), BigInt(x64 | arm64)] as const,
)

const onX64 = (flags: bigint): bigint =>
  perArchitecture.reduce(
    (all, [x64, either]) => ((flags & either) === 0n ? all : (all & ~either) | x64),
    flags,
  )

/** Formats the argument of a prctl(2) operation. */
export function prctlArgument(option: Argument | undefined, given: Argument = 0): string {
  if (typeof given !== 'number') return value(given)
  if (option === PR_SET_PDEATHSIG) return signalName(given)
  return option === PR_CAPBSET_DROP ? capabilityName(given) : value(given)
}

/** Formats the arguments of fcntl(2). F_GETFD has no third argument, and the third argument of F_SETFD is a flag. */
export function fcntlArguments([fd, command, given = 0]: readonly Argument[]): string[] {
  const own = [argument('fd', fd), argument('fcntl', command)]
  if (command === F_GETFD) return own
  return [...own, given === FD_CLOEXEC ? 'FD_CLOEXEC' : value(given)]
}

/** The words of a structure whose data is in the plan. Undefined for memory that the plan refers to only by name. */
export const wordsOf = (given: Argument | undefined): readonly Argument[] | undefined =>
  typeof given === 'object' && given.kind === 'words' ? given.words : undefined

/** Formats a struct itimerspec. A step sets only the time, not the interval. */
export function seconds(timer: Argument | undefined): string {
  const words = wordsOf(timer)
  if (words === undefined) return '…'
  const [, , whole = 0, nanoseconds = 0] = words
  return `${whole}.${String(nanoseconds).padStart(9, '0')} s`
}

/** Formats a struct timespec. Plans set only whole seconds. A null pointer means that the call has no timeout. */
export function timeoutText(timeout: Argument | undefined): string {
  if (timeout === 0) return 'NULL'
  const [whole] = wordsOf(timeout) ?? []
  return whole === undefined ? '…' : `${whole} s`
}

/** Formats a set of signals that one word holds, for example as `[SIGCHLD]`. */
export function signalSet(given: Argument | undefined): string {
  const [set] = wordsOf(given) ?? []
  if (typeof set !== 'number') return '…'
  const signals = Array.from({ length: 31 }, (_, index) => index + 1)
  const included = signals.filter((signal) => set & (1 << (signal - 1)))
  return `[${included.map(signalName).join(', ')}]`
}

/** Formats the file descriptors in an array of struct pollfd. */
export function pollNumbers(fds: Argument | undefined): string {
  if (typeof fds !== 'object' || fds.kind !== 'bytes') return '…'
  const array = Buffer.from(fds.bytes)
  const count = array.length / 8
  const numbers = Array.from({ length: count }, (_, index) => array.readInt32LE(index * 8))
  return `[${numbers.join(', ')}]`
}

/** Formats a path in the sandbox. A relative path starts at the sandbox's root, the init's working directory. */
export function boxPath(given: Argument | undefined): string {
  if (typeof given !== 'object' || given.kind !== 'text') return value(given ?? 0)
  return JSON.stringify(given.text.replace(/^(?![./])/, '/'))
}

/** Formats an argument whose kind is not known. */
export function value(given: Argument): string {
  if (typeof given !== 'object') return String(given)
  switch (given.kind) {
    case 'text':
      return JSON.stringify(given.text)
    case 'bytes':
    case 'offset':
      return `<${given.bytes.length} bytes>`
    case 'words':
      return `[${given.words.map(value).join(', ')}]`
    case 'at':
      return `&${given.place}`
    case 'load':
      return given.place
  }
}
