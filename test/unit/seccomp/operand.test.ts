import { expect, test } from 'vitest'
import { seccompConstant } from '../../../src/linux/seccomp-constants.ts'
import { operandBits } from '../../../src/seccomp/rules/operand.ts'

test('a number, a constant and several constants stand for their bits', () => {
  expect(operandBits(21522)).toBe(0x5412n)
  expect(operandBits('TIOCSTI')).toBe(0x5412n)
  expect(operandBits('CLONE_NEWNS | CLONE_NEWUSER')).toBe(0x1002_0000n)
  expect(operandBits('0xffffffffffffffff')).toBe(2n ** 64n - 1n)
  expect(operandBits('CLONE_VM|1')).toBe(0x101n)
})

test('a negative number stands for its two’s complement', () => {
  expect(operandBits(-100)).toBe(2n ** 64n - 100n)
})

test('other text is refused with an explanation', () => {
  expect(operandBits('AF_INTE')).toMatchInlineSnapshot(
    `"unknown constant "AF_INTE"; did you mean "AF_INET"?"`,
  )
  expect(operandBits('')).toMatchInlineSnapshot(`"unknown constant """`)
  expect(operandBits(1.5)).toMatchInlineSnapshot(`"expected a whole number, got 1.5"`)
  expect(operandBits('0x10000000000000000')).toMatchInlineSnapshot(
    `"expected at most 64 bits, got "0x10000000000000000""`,
  )
})

test('constants have the values of the kernel’s headers', () => {
  expect(seccompConstant('AF_VSOCK')).toBe(40)
  expect(seccompConstant('CLONE_IO')).toBe(2 ** 31)
  expect(seccompConstant('toString')).toBeUndefined()
})
