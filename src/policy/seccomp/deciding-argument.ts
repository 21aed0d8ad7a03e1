import { argumentBits, syscallSignature } from '../../ffi/syscall-signatures.ts'
import type { Arch } from '../../ffi/syscalls.ts'
import type { SeccompCondition } from '../policy.ts'
import { operandBits } from './operand.ts'

/** The flags with which clone(2) makes namespaces. */
const NAMESPACES =
  'CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET'

// Calls that are many calls in one: the argument that says which.
const deciding: Readonly<Record<string, number>> = {
  socket: 0,
  socketpair: 0,
  clone: 0,
  ioctl: 1,
  prctl: 0,
  arch_prctl: 0,
  personality: 0,
  ptrace: 0,
  bpf: 0,
  keyctl: 0,
  seccomp: 0,
  unshare: 0,
}

/** The index of the argument that says what a call does, where one call is many: 1 of `ioctl`. */
export function decidingArgument(name: string): number | undefined {
  return Object.hasOwn(deciding, name) ? deciding[name] : undefined
}

/**
 * The condition that lets through calls that do the same as one: sockets of its domain, the ioctl's
 * request, a clone into the same namespaces.
 *
 * @param text how the argument is written: `AF_INET`
 */
export function sameDeed(
  name: string,
  { arch, register, text }: { arch: Arch; register: bigint; text: string },
): SeccompCondition | undefined {
  const arg = decidingArgument(name)
  const kind = arg === undefined ? undefined : syscallSignature(name, arch)?.[arg]
  if (arg === undefined || kind === undefined) return undefined
  const read = BigInt.asUintN(argumentBits[kind], register)
  const value = operandBits(text) === read ? text : plain(read)
  if (name !== 'clone') return { arg, op: 'eq', value }
  const namespaces = NAMESPACES.split('|').filter((flag) => read & BigInt(operandBits(flag)))
  return { arg, op: 'masked_eq', mask: NAMESPACES, value: namespaces.join('|') || 0 }
}

function plain(value: bigint): number | string {
  return value <= 0xffff_ffffn ? Number(value) : `0x${value.toString(16)}`
}
