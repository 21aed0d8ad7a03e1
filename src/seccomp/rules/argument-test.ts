import { show } from '../../errors/problem.ts'
import { argumentBits, syscallSignature } from '../../linux/calls/signatures.ts'
import type { Arch } from '../../linux/syscalls.ts'
import type { SeccompCondition } from '../seccomp-policy.ts'
import { operandBits } from './operand.ts'

/**
 * A comparison of one argument register. The comparison includes only the bits that the kernel reads. For `socket`, the
 * kernel reads 32 bits of the domain, and therefore takes 0x100000002 for AF_INET.
 */
export interface ArgumentTest {
  readonly arg: number
  readonly op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'
  readonly value: bigint
  /** The bits to compare; they include the bits of `value`. */
  readonly mask: bigint
}

const ALL = (1n << 64n) - 1n

// Accepts a negative value: -1 as a 32-bit argument is 0xffffffff.
function truncated(value: bigint, bits: number): bigint | undefined {
  const read = BigInt.asUintN(bits, value)
  const isSigned = BigInt.asUintN(64, BigInt.asIntN(bits, value)) === value
  return value === read || isSigned ? read : undefined
}

function toBits(operand: number | string): bigint {
  const bits = operandBits(operand)
  if (typeof bits === 'string') throw new RangeError(bits)
  return bits
}

/**
 * Makes the test of a condition for one call.
 *
 * @throws {RangeError} when the call has no such argument, when the argument is a pointer, or when the value
 *   has bits that the kernel does not read
 */
export function argumentTest(name: string, arch: Arch, condition: SeccompCondition): ArgumentTest {
  const { arg, op, value, mask } = condition
  const signature = syscallSignature(name, arch)
  if (signature === undefined) throw new RangeError(`the arguments of ${name} are unknown`)
  const kind = signature[arg]
  if (kind === undefined) {
    const count = signature.length === 0 ? 'no arguments' : `arguments 0 to ${signature.length - 1}`
    throw new RangeError(`${name} has ${count}, so there is no argument ${arg} to compare`)
  }
  if (kind === 'ptr' && condition.isNullTest !== true) {
    throw new RangeError(
      `argument ${arg} of ${name} is a pointer: a filter sees the address, not the memory behind it`,
    )
  }
  const bits = argumentBits[kind]
  const compared = truncated(toBits(value), bits)
  if (compared === undefined) {
    throw new RangeError(
      `${show(value)} does not fit argument ${arg} of ${name}, of which the kernel reads ${bits} bits`,
    )
  }
  if (op !== 'masked_eq') return { arg, op, value: compared, mask: ALL >> BigInt(64 - bits) }
  const read = BigInt.asUintN(bits, toBits(mask ?? 0))
  if (read !== 0n) return { arg, op: 'eq', value: compared & read, mask: read }
  throw new RangeError(`the mask has none of the ${bits} bits of argument ${arg} of ${name}`)
}
