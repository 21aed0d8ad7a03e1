import {
  AT_FDCWD,
  PR_CAPBSET_DROP,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  TFD_CLOEXEC,
} from '../../linux/constants.ts'
import type { Argument } from '../step.ts'
import { capabilityName } from './capabilities.ts'
import { constantName, flagNames } from './step-flags.ts'

/** Formats a number with `name`, and every other argument plainly. */
export const flags = (name: (value: number) => string) => (argument: Argument) =>
  typeof argument === 'number' ? name(argument) : value(argument)

/** The name of one constant; `only` narrows the names with the prefix. */
export const named = (prefix: string, only?: RegExp) =>
  flags((number) => constantName(number, prefix, only))

/** The names of bits that are set. */
export const bits = (prefix: string) => flags((number) => flagNames(number, prefix))

export const hexadecimal = flags((number) => `0x${number.toString(16)}`)

export function prctlArgument(option: Argument | undefined, argument: Argument = 0): string {
  if (option === PR_SET_PDEATHSIG) return named('SIG')(argument)
  if (option === PR_SET_NAME || typeof argument !== 'number') return value(argument)
  return option === PR_CAPBSET_DROP ? capabilityName(argument) : value(argument)
}

export const socketType = flags((type) => {
  const kind = constantName(type & ~TFD_CLOEXEC, 'SOCK_')
  return type & TFD_CLOEXEC ? `${kind}|SOCK_CLOEXEC` : kind
})

// SFD_NONBLOCK and SFD_CLOEXEC are the same bits as timerfd's (sys/signalfd.h).
export const sfdFlags = flags((number) => flagNames(number, 'TFD_').replaceAll('TFD_', 'SFD_'))

/** struct itimerspec; a step only sets the time. */
export function seconds(timer: Argument | undefined): string {
  if (typeof timer !== 'object' || timer.kind !== 'words') return '…'
  const [, , whole = 0, nanoseconds = 0] = timer.words
  return `${whole}.${String(nanoseconds).padStart(9, '0')} s`
}

/** struct timespec, of which plans set only whole seconds; a null pointer means that the call has no timeout. */
export function timeoutText(timeout: Argument | undefined): string {
  if (timeout === 0) return 'NULL'
  return typeof timeout === 'object' && timeout.kind === 'words' ? `${timeout.words[0]} s` : '…'
}

/** A set of signals in one word: `[SIGCHLD]`. */
export function signalSet(argument: Argument | undefined): string {
  const [set] = typeof argument === 'object' && argument.kind === 'words' ? argument.words : []
  if (typeof set !== 'number') return '…'
  const signals = Array.from({ length: 31 }, (_, index) => index + 1)
  const included = signals.filter((signal) => set & (1 << (signal - 1)))
  return `[${included.map((signal) => constantName(signal, 'SIG', /^SIG(?!_)/)).join(', ')}]`
}

/** The numbers of an array of struct pollfd. */
export function pollNumbers(fds: Argument | undefined): string {
  if (typeof fds !== 'object' || fds.kind !== 'bytes') return '…'
  const array = Buffer.from(fds.bytes)
  const count = array.length / 8
  const numbers = Array.from({ length: count }, (_, index) => array.readInt32LE(index * 8))
  return `[${numbers.join(', ')}]`
}

export const octal = (mode: Argument | undefined): string =>
  typeof mode === 'number' ? `0${(mode & 0o7777).toString(8)}` : '…'

export function directory(argument: Argument): string {
  return argument === AT_FDCWD ? 'AT_FDCWD' : value(argument)
}

export function boxPath(argument: Argument | undefined): string {
  if (typeof argument !== 'object' || argument.kind !== 'text') return value(argument ?? 0)
  return JSON.stringify(argument.text.replace(/^(?![./])/, '/'))
}

export function value(argument: Argument): string {
  if (typeof argument !== 'object') return String(argument)
  switch (argument.kind) {
    case 'text':
      return JSON.stringify(argument.text)
    case 'bytes':
    case 'offset':
      return `<${argument.bytes.length} bytes>`
    case 'words':
      return `[${argument.words.map(value).join(', ')}]`
    case 'at':
      return `&${argument.place}`
    case 'load':
      return argument.place
  }
}
