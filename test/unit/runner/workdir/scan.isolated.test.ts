import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Listing } from '../../../../src/runner/workdir/scan.ts'
import { makeDirectory } from '../../../run/support/directory.ts'

afterEach(() => {
  slowNow = undefined
})

const many = () =>
  makeDirectory(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`d${n % 3}/f${n}`, ''])))

let slowNow: number | undefined

/** Makes a clock on which the time of a slice has passed at each reading. */
function slowClock() {
  slowNow = 0
}

vi.mock(import('../../../../src/globals.ts'), async (original) => {
  const real = await original()
  return {
    ...real,
    clockMs: () => {
      if (slowNow === undefined) return real.clockMs()
      slowNow += 1000
      return slowNow
    },
  }
})

describe('a host directory', () => {
  test('is listed at once when it is small, parents before their children', () => {
    const directory = makeDirectory({ 'a/b/c': 'x', d: 'yy' })
    symlinkSync('nowhere', join(directory, 'link'))
    const listing = new Listing([directory])
    expect(listing.isComplete).toBe(true)
    const { entries, ownedBy, hasMounts } = listing.of(directory)
    const paths = entries.map(({ path }) => path)
    expect(paths.toSorted()).toEqual(['a', 'a/b', 'a/b/c', 'd', 'link'])
    expect(paths.indexOf('a')).toBeLessThan(paths.indexOf('a/b'))
    expect(paths.indexOf('a/b')).toBeLessThan(paths.indexOf('a/b/c'))
    expect(entries.find(({ path }) => path === 'link')).toMatchObject({ link: 'nowhere' })
    expect(ownedBy(process.getuid?.() ?? 0, process.getgid?.() ?? 0)).toBe(true)
    expect(hasMounts).toBe(false)
  })

  test('is listed in turns with other work when it is large', async () => {
    const [one, other] = [many(), many()]
    slowClock()
    const listing = new Listing([one, other])
    expect(listing.isComplete).toBe(false)
    let turns = 0
    const count = setInterval(() => turns++, 0)
    const immediate = () => {
      turns++
      if (!listing.isComplete) setImmediate(immediate)
    }
    setImmediate(immediate)
    await listing.complete(() => false)
    clearInterval(count)
    // 606 entries in pieces of 8.
    expect(turns).toBeGreaterThan(50)
    expect(listing.of(one).entries).toHaveLength(303)
    expect(listing.of(other).entries).toHaveLength(303)
  })

  test('is listed no further when the caller no longer needs it', async () => {
    const directory = many()
    slowClock()
    const listing = new Listing([directory])
    await listing.complete(() => true)
    expect(listing.isComplete).toBe(false)
  })

  test('that cannot be read causes an error where it is awaited', () => {
    const listing = new Listing(['/proc/nonexistent'])
    expect(listing.isComplete).toBe(true)
    expect(() => listing.of('/proc/nonexistent')).toThrow('ENOENT')
  })
})
