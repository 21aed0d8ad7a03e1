import { afterEach, describe, expect, test, vi } from 'vitest'
import { chooseFlow, isKernelRoot, parseIdMap } from '../../../src/launcher/plan/flow.ts'

const WHOLE = '         0          0 4294967295\n'
const ROOTLESS = '         0       1000          1\n         1     100000      65536\n'
const ALL = (1n << 41n) - 1n
/** The capabilities that Docker leaves to root: CHOWN, DAC_OVERRIDE, SETUID, SETGID, KILL and others; not SYS_ADMIN. */
const DOCKERS = 0xa80425fbn
const process = {
  euid: 0,
  egid: 0,
  uidMap: WHOLE,
  gidMap: WHOLE,
  setgroups: 'allow\n',
  capabilities: ALL,
}

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
  test('keeps its own ids, whatever the map says', () => {
    const own = { ...process, euid: 1000, egid: 100, uidMap: ROOTLESS }
    expect(chooseFlow(own)).toEqual({ kind: 'user', uid: 1000, gid: 100 })
  })

  test('in root’s group is an ordinary user too', () => {
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

  test('differs from root of another namespace', () => {
    expect(chooseFlow(process)).toMatchObject({ kind: 'root', initial: true })
    const half = { ...process, gidMap: ROOTLESS }
    expect(chooseFlow(half)).toMatchObject({ kind: 'root', initial: false })
  })
})

describe('ids of the runs of several processes and threads', () => {
  const RUNS_PER_BLOCK = 0x8000

  /** The ids that a process gives to its runs after it has drawn this random number. */
  async function idsOf(drawn: number, count: number): Promise<number[]> {
    vi.resetModules()
    const randomInt = vi.fn(() => drawn)
    vi.doMock('node:crypto', () => ({ randomInt }))
    const own = await import('../../../src/launcher/plan/flow.ts')
    const ids = Array.from({ length: count }, () => own.chooseFlow(process).uid)
    expect(randomInt.mock.calls).toEqual([[RUNS_PER_BLOCK]])
    return ids
  }

  afterEach(() => {
    vi.doUnmock('node:crypto')
    vi.resetModules()
  })

  test('belong to one block each', async () => {
    const [first, second] = [await idsOf(7, RUNS_PER_BLOCK), await idsOf(8, RUNS_PER_BLOCK)]
    expect(new Set([...first, ...second]).size).toBe(2 * RUNS_PER_BLOCK)
  })

  test('repeat only when the block is used up', async () => {
    const ids = await idsOf(7, RUNS_PER_BLOCK + 1)
    expect(new Set(ids).size).toBe(RUNS_PER_BLOCK)
    expect(ids.at(-1)).toBe(ids[0])
  })

  test.each([0, RUNS_PER_BLOCK - 1])(
    'stay in their range, whatever block is drawn: %d',
    async (drawn) => {
      const ids = await idsOf(drawn, RUNS_PER_BLOCK)
      const [least, most] = [Math.min(...ids), Math.max(...ids)]
      expect([least, most]).toEqual([0x4000_0000 + drawn * 0x8000, least + 0x7fff])
      expect(most).toBeLessThan(0x8000_0000)
    },
  )
})

describe('root of a nested namespace', () => {
  const nested = { ...process, uidMap: ROOTLESS, gidMap: '0 1000 1\n5 7000 10\n1 100000 4\n' }
  const alone = '         0       1000          1\n'

  test('gives a run the highest ids that are mapped', () => {
    expect(chooseFlow(nested)).toEqual({ kind: 'root', uid: 65536, gid: 14, initial: false })
  })

  test.each([
    ['has no second user', { uidMap: alone }],
    ['has no second group', { gidMap: alone }],
    ['has neither', { uidMap: alone, gidMap: alone }],
    ['may not change groups', { setgroups: 'deny\n' }],
  ])('that %s is an ordinary user', (_, changes) => {
    expect(chooseFlow({ ...nested, ...changes })).toEqual({ kind: 'user', uid: 0, gid: 0 })
  })

  test('that maps all ids but one is not root of the initial namespace', () => {
    const most = '0 0 4294967294\n'
    const flow = chooseFlow({ ...process, uidMap: most })
    expect(flow).toMatchObject({ kind: 'root', uid: 4294967293, initial: false })
  })
})

describe('root without CAP_SYS_ADMIN', () => {
  const own = { ...process, capabilities: DOCKERS }

  test('becomes a user that no other run has, and makes the sandbox as that user', () => {
    const [one, other] = [chooseFlow(own), chooseFlow(own)]
    expect(one).toEqual({ kind: 'user', uid: one.uid, gid: one.uid, fromRoot: true })
    expect(one.uid).toBeGreaterThanOrEqual(0x4000_0000)
    expect(other.uid).not.toBe(one.uid)
  })

  test('becomes the highest id of a nested namespace', () => {
    const nested = { ...own, uidMap: ROOTLESS, gidMap: ROOTLESS }
    expect(chooseFlow(nested)).toEqual({ kind: 'user', uid: 65536, gid: 65536, fromRoot: true })
  })

  test.each([6n, 7n])('and without capability %d can become no other user', (capability) => {
    const capabilities = DOCKERS & ~(1n << capability)
    expect(chooseFlow({ ...own, capabilities })).toEqual({ kind: 'user', uid: 0, gid: 0 })
  })
})

test('a program is never the kernel’s root, under whichever number', () => {
  const flow = { kind: 'user', uid: 0, gid: 0 } as const
  expect(isKernelRoot(flow, 0)).toBe(true)
  expect(isKernelRoot(flow, 65534)).toBe(false)
  expect(isKernelRoot({ ...flow, uid: 1000 }, 0)).toBe(false)
  // The kernel shows an unmapped user as this id.
  expect(isKernelRoot({ ...flow, uid: 65534 }, 65534)).toBe(false)
})
