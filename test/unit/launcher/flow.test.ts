import { describe, expect, test } from 'vitest'
import { chooseFlow, parseIdMap } from '../../../src/runner/launcher/plan/flow.ts'

const WHOLE = '         0          0 4294967295\n'
const ROOTLESS = '         0       1000          1\n         1     100000      65536\n'
const process = { euid: 0, egid: 0, pid: 4321, uidMap: WHOLE, gidMap: WHOLE }

describe('an id map', () => {
  test('is a list of ranges', () => {
    expect(parseIdMap(WHOLE)).toEqual([{ first: 0, count: 4294967295 }])
    expect(parseIdMap(ROOTLESS)).toEqual([
      { first: 0, count: 1 },
      { first: 1, count: 65536 },
    ])
  })
})

describe('an ordinary user', () => {
  test('keeps the own ids, whatever the map says', () => {
    const own = { ...process, euid: 1000, egid: 100, uidMap: ROOTLESS }
    expect(chooseFlow(own)).toEqual({ kind: 'user', uid: 1000, gid: 100 })
  })

  test('of root’s group is one too', () => {
    const own = { ...process, euid: 1000, egid: 0 }
    expect(chooseFlow(own)).toEqual({ kind: 'user', uid: 1000, gid: 0 })
  })
})

describe('root of the initial namespace', () => {
  const runs = Array.from({ length: 1000 }, () => chooseFlow(process))

  test('gives each run ids of its own', () => {
    expect(new Set(runs.map(({ uid }) => uid)).size).toBe(runs.length)
    for (const { uid, gid } of runs) expect(gid).toBe(uid)
  })

  test('gives ids that no user, service or container has', () => {
    for (const { uid } of runs) {
      expect(uid).toBeGreaterThanOrEqual(0x4000_0000)
      expect(uid).toBeLessThan(0x8000_0000)
    }
  })

  test('gives other ids than another process does', () => {
    const ids = (pid: number) =>
      Array.from({ length: 100 }, () => chooseFlow({ ...process, pid }).uid)
    const [first, second] = [ids(4321), ids(4322)]
    expect(first.filter((id) => second.includes(id))).toEqual([])
  })

  test('stays in that range for the highest pid there is', () => {
    const { uid } = chooseFlow({ ...process, pid: 2 ** 22 - 1 })
    expect(uid).toBeLessThan(0x8000_0000)
  })

  test('is told from root of another', () => {
    expect(chooseFlow(process)).toMatchObject({ kind: 'root', initial: true })
    const half = { ...process, gidMap: ROOTLESS }
    expect(chooseFlow(half)).toMatchObject({ kind: 'root', initial: false })
  })
})

describe('root of a nested namespace', () => {
  test('gives a run the highest ids that are mapped', () => {
    const nested = { ...process, uidMap: ROOTLESS, gidMap: '0 1000 1\n5 7000 10\n1 100000 4\n' }
    expect(chooseFlow(nested)).toEqual({ kind: 'root', uid: 65536, gid: 14, initial: false })
  })
})
