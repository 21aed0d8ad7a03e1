import { expect, test } from 'vitest'
import { seccompConstant } from '../../../src/ffi/seccomp-constants.ts'
import { operandBits } from '../../../src/policy/seccomp/operand.ts'

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

test('anything else is explained', () => {
  expect(operandBits('AF_INTE')).toMatchInlineSnapshot()
  expect(operandBits('')).toMatchInlineSnapshot()
  expect(operandBits(1.5)).toMatchInlineSnapshot()
  expect(operandBits('0x10000000000000000')).toMatchInlineSnapshot()
})

test('constants have the values of the kernel’s headers', () => {
  expect(seccompConstant('AF_VSOCK')).toBe(40)
  expect(seccompConstant('CLONE_IO')).toBe(2 ** 31)
  expect(seccompConstant('toString')).toBeUndefined()
})
