import { expect, test } from 'vitest'
import { closeDescriptor } from '../../../src/ffi/libc.ts'
import { makeSocketPair, receiveDescriptor, takeDescriptor } from '../../../src/ffi/passing.ts'

test('no descriptor arrives when the other end is closed', async () => {
  const [ours, other] = makeSocketPair()
  const received = receiveDescriptor(ours)
  closeDescriptor(other)
  expect(await received).toBeUndefined()
  closeDescriptor(ours)
})

test('no descriptor arrives when none was passed, and the receiver does not wait', () => {
  const [ours, other] = makeSocketPair()
  expect(takeDescriptor(ours)).toBeUndefined()
  closeDescriptor(other)
  expect(takeDescriptor(ours)).toBeUndefined()
  closeDescriptor(ours)
  expect(() => takeDescriptor(1 << 20)).toThrow(/^recvmsg\(1048576\): EBADF/)
})
