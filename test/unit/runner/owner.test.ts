import { createContext, runInContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { currentOwner, setOwnerSource, withOwner, withoutOwner } from '../../../src/runner/owner.ts'

const owner = (name: string) => ({ name, own: () => {} })

test('a run belongs to the owner that the source names', () => {
  onTestFinished(() => setOwnerSource(globalThis, undefined))
  const [first, second] = [owner('first'), owner('second')]
  setOwnerSource(globalThis, () => first)
  expect(currentOwner()).toBe(first)
  expect(withOwner(second, currentOwner)).toBe(second)
  expect(currentOwner()).toBe(first)
  const start = () => {
    throw new Error('wrong options')
  }
  expect(() => withOwner(second, start)).toThrow('wrong options')
  expect(currentOwner()).toBe(first)
})

test('work without an owner stays without one, also after a pause, and leaves others theirs', async () => {
  onTestFinished(() => setOwnerSource(globalThis, undefined))
  const first = owner('first')
  setOwnerSource(globalThis, () => first)
  const later = withoutOwner(async () => {
    await Promise.resolve()
    return currentOwner()
  })
  expect(currentOwner()).toBe(first)
  expect(await later).toBeUndefined()
})

test('another realm has a source of its own', () => {
  const context = createContext()
  const first = owner('first')
  setOwnerSource(context, () => first)
  expect(currentOwner()).toBeUndefined()
  expect(runInContext("globalThis[Symbol.for('gradebox.currentOwner')]()", context)).toBe(first)
})
