import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { finish, flatMapInPieces, inTurns, joinInPieces, type Work } from '../../src/work.ts'

let now: number | undefined

vi.mock(import('../../src/globals.ts'), async (original) => {
  const real = await original()
  return { ...real, clockMs: () => now ?? real.clockMs() }
})

beforeEach(() => {
  now = 0
})

afterEach(() => {
  now = undefined
})

/** Work of 10 pieces that take 3 ms each. */
function* slow(): Work<string> {
  for (let piece = 0; piece < 10; piece++) {
    now = (now ?? 0) + 3
    yield
  }
  return 'done'
}

/** Counts the turns of the event loop that other work gets meanwhile. */
async function turnsDuring<T>(work: () => Promise<T>) {
  let turns = 0
  let isOver = false
  const count = () => {
    turns++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const result = await work()
  isOver = true
  return { result, turns }
}

describe('work in pieces', () => {
  test('can be done at once', () => {
    expect(finish(slow())).toBe('done')
  })

  test('gives other work a turn after 10 ms', async () => {
    expect(await turnsDuring(() => inTurns(slow()))).toEqual({ result: 'done', turns: 2 })
  })

  test('waits for no turn when it is short', async () => {
    const short = () => inTurns(flatMapInPieces([1, 2], (n) => [n, n]))
    expect(await turnsDuring(short)).toEqual({ result: [1, 1, 2, 2], turns: 0 })
  })

  test('ends early when its caller no longer needs the result', async () => {
    expect(await inTurns(slow(), () => true)).toBeUndefined()
  })

  test('maps with a pause after every 32 items', () => {
    const items = Array.from({ length: 100 }, (_, n) => n)
    expect([...flatMapInPieces(items, (n) => [n])].length).toBe(3)
    expect(finish(flatMapInPieces(items, (n) => (n < 2 ? [n, n] : [])))).toEqual([0, 0, 1, 1])
  })
})

test('lists are joined in order, with pauses', () => {
  const numbers = Array.from({ length: 5000 }, (_, index) => index)
  const pauses = [...joinInPieces([-1], numbers, [], [5000])]
  expect(pauses).toHaveLength(2)
  expect(finish(joinInPieces([-1], numbers, [], [5000]))).toEqual([-1, ...numbers, 5000])
})
