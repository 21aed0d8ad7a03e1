import { show, unknownName } from '../../errors/problem.ts'
import { seccompConstant, seccompConstantNames } from '../../linux/seccomp-constants.ts'

function term(text: string): bigint | string {
  if (/^(0[xX][\da-fA-F]+|0[oO][0-7]+|\d+)$/.test(text)) return BigInt(text)
  const value = seccompConstant(text)
  return value === undefined ? unknownName('constant', text, seccompConstantNames()) : BigInt(value)
}

/**
 * The 64 bits of a condition's `value` or `mask`: a number (a negative one in two's complement), a constant, or several
 * constants joined by `|`.
 *
 * @returns a text with the problem for an invalid operand
 */
export function operandBits(operand: number | string): bigint | string {
  if (typeof operand === 'number') {
    if (Number.isSafeInteger(operand)) return BigInt.asUintN(64, BigInt(operand))
    return `expected a whole number, got ${show(operand)}`
  }
  let bits = 0n
  for (const part of operand.split('|')) {
    const value = term(part.trim())
    if (typeof value === 'string') return value
    bits |= value
  }
  return bits < 1n << 64n ? bits : `expected at most 64 bits, got ${show(operand)}`
}
