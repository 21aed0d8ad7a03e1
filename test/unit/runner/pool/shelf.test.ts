import { describe, expect, test } from 'vitest'
import type { PoolShape, Ready } from '../../../../src/runner/pool/ready.ts'
import { Shelf } from '../../../../src/runner/pool/shelf.ts'

const makeShelf = () => new Shelf({} as PoolShape)

/** The number of launch programs that would be started, in a burst or when idle. */
function missing(shelf: Shelf, when: 'needsMore' | 'needsMoreWhenIdle'): number {
  const before = shelf.waiting.length
  while (shelf[when]) shelf.waiting.push({} as Ready)
  return shelf.waiting.splice(before).length
}

/** Makes this number of runs, one after another. */
function burst(shelf: Shelf, { runs, most }: { runs: number; most: number }): void {
  for (let run = 0; run < runs; run++) {
    shelf.started(most)
    shelf.ended({ othersAreActive: false })
  }
}

describe('launch programs wanted', () => {
  test('none before the first run', () => {
    const shelf = makeShelf()
    expect([missing(shelf, 'needsMore'), missing(shelf, 'needsMoreWhenIdle')]).toEqual([0, 0])
  })

  test('in a burst: as many as run at once', () => {
    const shelf = makeShelf()
    burst(shelf, { runs: 5, most: 8 })
    expect(missing(shelf, 'needsMore')).toBe(1)
    for (let run = 0; run < 3; run++) shelf.started(8)
    expect(missing(shelf, 'needsMore')).toBe(3)
  })

  test('while other runs are active, perhaps for long: one more', () => {
    const shelf = makeShelf()
    shelf.started(8)
    shelf.ended({ othersAreActive: true })
    expect(missing(shelf, 'needsMore')).toBe(2)
    shelf.endBurst()
    burst(shelf, { runs: 2, most: 8 })
    expect(missing(shelf, 'needsMore')).toBe(1)
  })

  test('in the next burst: as many as ran at once then', () => {
    const shelf = makeShelf()
    for (let run = 0; run < 3; run++) shelf.started(8)
    for (let run = 0; run < 3; run++) shelf.ended({ othersAreActive: run < 2 })
    shelf.endBurst()
    expect(missing(shelf, 'needsMore')).toBe(0)
    burst(shelf, { runs: 1, most: 8 })
    expect(missing(shelf, 'needsMore')).toBe(1)
  })

  test('in a burst as long as the longest: none beside its last run', () => {
    const shelf = makeShelf()
    burst(shelf, { runs: 3, most: 8 })
    shelf.endBurst()
    const wanted = [1, 2, 3, 4].map(() => {
      shelf.started(8)
      const count = missing(shelf, 'needsMore')
      shelf.ended({ othersAreActive: false })
      return count
    })
    expect(wanted).toEqual([1, 1, 0, 1])
  })

  test('when idle: one more than the longest burst had runs', () => {
    const shelf = makeShelf()
    for (const runs of [2, 5, 1]) {
      burst(shelf, { runs, most: 8 })
      shelf.endBurst()
    }
    expect(missing(shelf, 'needsMoreWhenIdle')).toBe(6)
  })

  test('no more than the last run allows', () => {
    const shelf = makeShelf()
    burst(shelf, { runs: 5, most: 8 })
    burst(shelf, { runs: 1, most: 2 })
    expect(missing(shelf, 'needsMoreWhenIdle')).toBe(2)
    burst(shelf, { runs: 1, most: 0 })
    expect(missing(shelf, 'needsMoreWhenIdle')).toBe(0)
  })

  test('the shelf forgets all bursts when all runs have ended', () => {
    const shelf = makeShelf()
    burst(shelf, { runs: 5, most: 8 })
    shelf.forget()
    burst(shelf, { runs: 1, most: 8 })
    expect(missing(shelf, 'needsMoreWhenIdle')).toBe(2)
  })
})
