import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  describeTurns,
  isAnyRunAlone,
  type Turn,
  type TurnRequest,
  takeTurn,
} from '../../../../src/runner/queue/machine-turns.ts'
import { allowedProcessors } from '../../../../src/runner/queue/processors.ts'
import { TurnsFile } from '../../../../src/runner/queue/turns-file.ts'

const wants = { exclusive: false, processors: 1, holds: true, cancelled: () => false }
const all = { ...wants, processors: allowedProcessors().length }

// The turns are those of all processes of this user, so other test runs may hold them for long.
vi.setConfig({ testTimeout: 120_000 })

const asked: Promise<Turn>[] = []
function turn(request: Partial<TurnRequest> = {}): Promise<Turn> {
  const coming = takeTurn({ ...wants, ...request })
  asked.push(coming)
  return coming
}
// The test also gives back a turn that comes after the test has failed. Otherwise the whole machine would wait for it.
afterEach(() => {
  for (const coming of asked.splice(0)) {
    coming.then(
      (taken) => taken.release(),
      () => {},
    )
  }
})

const isSettled = async (promise: Promise<unknown>) =>
  (await Promise.race([promise.then(() => true), new Promise((r) => setTimeout(r, 60, false))])) ===
  true

describe('a turn', () => {
  test('has as many processors as the run wants, and each belongs to it alone', async () => {
    const { processors } = await turn(all)
    expect(processors.toSorted()).toEqual(allowedProcessors().toSorted())
  })

  test('has no more processors than the machine has', async () => {
    expect((await turn({ processors: 5000 })).processors).toHaveLength(all.processors)
  })

  test('waits for its processors, and gets them when another turn ends', async () => {
    const first = await turn(all)
    const second = turn()
    expect(await isSettled(second)).toBe(false)
    first.release()
    expect((await second).processors).toHaveLength(1)
  })

  test('comes in the order of the runs, also for a run that wants more than is free', async () => {
    const first = await turn(all)
    const order: string[] = []
    const note = (name: string, request: Partial<TurnRequest>) =>
      turn(request).then(async (taken) => {
        order.push(name)
        await new Promise((resolve) => setTimeout(resolve, 20))
        taken.release()
      })
    const waiting = [note('wide', all)]
    await new Promise((resolve) => setTimeout(resolve, 5))
    waiting.push(note('narrow', {}))
    await new Promise((resolve) => setTimeout(resolve, 5))
    waiting.push(note('alone', { exclusive: true }))
    await new Promise((resolve) => setTimeout(resolve, 5))
    waiting.push(note('last', {}))
    first.release()
    await Promise.all(waiting)
    expect(order).toEqual(['wide', 'narrow', 'alone', 'last'])
  })

  test('is no longer awaited once its run is withdrawn', async () => {
    await turn(all)
    let cancelled = false
    const second = turn({ cancelled: () => cancelled })
    cancelled = true
    await second
  })

  test('that does not come fails, and the error names the processes that hold the processors', async () => {
    await turn(all)
    const late = turn({ longestWaitMs: 30 })
    await expect(late).rejects.toMatchObject({ code: 'SETUP_FAILED' })
    const [processor] = allowedProcessors()
    await expect(late).rejects.toThrow(
      /^The program waited [\d.]+ ms for its turn to run with a processor of its own, and was not started: /,
    )
    await expect(late).rejects.toThrow(`processor ${processor} is held by process ${process.pid} (`)
    expect(describeTurns()).toContain(`processor ${processor} is held by process ${process.pid} (`)
  })

  test('holds no processor when the caller set the concurrency, and waits for none', async () => {
    await turn(all)
    const { processors } = await turn({ holds: false, processors: 1 })
    expect(processors).toHaveLength(1)
  })
})

describe('an exclusive run', () => {
  const alone = { exclusive: true }
  const free = { holds: false }

  test('waits for the active runs, and later runs wait for it', async () => {
    const first = await turn(free)
    const exclusive = turn(alone)
    expect(await isSettled(exclusive)).toBe(false)
    const later = turn(free)
    first.release()
    const { release } = await exclusive
    expect(await isSettled(later)).toBe(false)
    release()
    await later
  })

  test('is visible while it runs, and not while it waits', async () => {
    const first = await turn(free)
    const exclusive = turn(alone)
    expect(isAnyRunAlone()).toBe(false)
    first.release()
    const { release } = await exclusive
    expect(isAnyRunAlone()).toBe(true)
    release()
    await turn(free)
    expect(isAnyRunAlone()).toBe(false)
  })
})

/** A user that nothing else on this machine uses. */
const STRANGER = 64_123

describe.skipIf(process.getuid?.() !== 0)('the file of a user (tried as root)', () => {
  const path = `/tmp/gradebox-turns-${STRANGER}`
  afterEach(() => {
    process.seteuid?.(0)
    rmSync(path, { force: true })
  })

  const openAsStranger = () => {
    process.seteuid?.(STRANGER)
    try {
      return TurnsFile.open()
    } finally {
      process.seteuid?.(0)
    }
  }

  test('is made for that user alone', () => {
    const file = openAsStranger()
    expect(file).toMatchObject({ path })
    if (file instanceof TurnsFile) file.close()
  })

  test.each([0o600, 0o666])('is not one that another user made first with mode %o', (mode) => {
    writeFileSync(path, '')
    chmodSync(path, mode)
    const file = openAsStranger()
    expect(file).toMatchObject({
      // The kernel refuses the second file too, where fs.protected_regular is set.
      reason: expect.stringMatching(
        /^\/tmp\/gradebox-turns-64123 (cannot be opened: EACCES|belongs to user 0 with mode 666: others can lock it); /,
      ),
    })
  })
})
