import { describe, expect, test } from 'vitest'
import { ShapePool } from '../../../../src/runner/pool/shape-pool.ts'
import type { PoolShape, WaitingLauncher } from '../../../../src/runner/pool/waiting-launcher.ts'

const makeShapePool = () => new ShapePool({} as PoolShape)

/** The number of launch programs that would be started, in a burst or when idle. */
function missing(shapePool: ShapePool, when: 'needsMore' | 'needsMoreWhenIdle'): number {
  const before = shapePool.waiting.length
  while (shapePool[when]) shapePool.waiting.push({} as WaitingLauncher)
  return shapePool.waiting.splice(before).length
}

/** Makes this number of runs, one after another. */
function burst(shapePool: ShapePool, { runs, most }: { runs: number; most: number }): void {
  for (let run = 0; run < runs; run++) {
    shapePool.started(most)
    shapePool.ended({ othersAreActive: false })
  }
}

describe('launch programs wanted', () => {
  test('none before the first run', () => {
    const shapePool = makeShapePool()
    expect([missing(shapePool, 'needsMore'), missing(shapePool, 'needsMoreWhenIdle')]).toEqual([
      0, 0,
    ])
  })

  test('in a burst: as many as run at once', () => {
    const shapePool = makeShapePool()
    burst(shapePool, { runs: 5, most: 8 })
    expect(missing(shapePool, 'needsMore')).toBe(1)
    for (let run = 0; run < 3; run++) shapePool.started(8)
    expect(missing(shapePool, 'needsMore')).toBe(3)
  })

  test('while other runs are active, perhaps for long: one more', () => {
    const shapePool = makeShapePool()
    shapePool.started(8)
    shapePool.ended({ othersAreActive: true })
    expect(missing(shapePool, 'needsMore')).toBe(2)
    shapePool.endBurst()
    burst(shapePool, { runs: 2, most: 8 })
    expect(missing(shapePool, 'needsMore')).toBe(1)
  })

  test('in the next burst: as many as ran at once then', () => {
    const shapePool = makeShapePool()
    for (let run = 0; run < 3; run++) shapePool.started(8)
    for (let run = 0; run < 3; run++) shapePool.ended({ othersAreActive: run < 2 })
    shapePool.endBurst()
    expect(missing(shapePool, 'needsMore')).toBe(0)
    burst(shapePool, { runs: 1, most: 8 })
    expect(missing(shapePool, 'needsMore')).toBe(1)
  })

  test('in a burst as long as the longest: none beside its last run', () => {
    const shapePool = makeShapePool()
    burst(shapePool, { runs: 3, most: 8 })
    shapePool.endBurst()
    const wanted = [1, 2, 3, 4].map(() => {
      shapePool.started(8)
      const count = missing(shapePool, 'needsMore')
      shapePool.ended({ othersAreActive: false })
      return count
    })
    expect(wanted).toEqual([1, 1, 0, 1])
  })

  test('when idle: one more than the longest burst had runs', () => {
    const shapePool = makeShapePool()
    for (const runs of [2, 5, 1]) {
      burst(shapePool, { runs, most: 8 })
      shapePool.endBurst()
    }
    expect(missing(shapePool, 'needsMoreWhenIdle')).toBe(6)
  })

  test('no more than the last run allows', () => {
    const shapePool = makeShapePool()
    burst(shapePool, { runs: 5, most: 8 })
    burst(shapePool, { runs: 1, most: 2 })
    expect(missing(shapePool, 'needsMoreWhenIdle')).toBe(2)
    burst(shapePool, { runs: 1, most: 0 })
    expect(missing(shapePool, 'needsMoreWhenIdle')).toBe(0)
  })

  test('the shapePool forgets all bursts when all runs have ended', () => {
    const shapePool = makeShapePool()
    burst(shapePool, { runs: 5, most: 8 })
    shapePool.forget()
    burst(shapePool, { runs: 1, most: 8 })
    expect(missing(shapePool, 'needsMoreWhenIdle')).toBe(2)
  })
})
