import { expect, test, vi } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { noteOverlayRefusal } from '../../../src/runner/workdir/resolve.ts'
import { makeDirectory } from '../support/directory.ts'

const FILES = 5000

/** The pieces of requests that were made in turns with other work. */
let pieces = 0

vi.mock(import('../../../src/work.ts'), async (original) => {
  const real = await original()
  const inTurns: typeof real.inTurns = (whole, isCancelled) => {
    const counted = function* (): Generator<undefined, Awaited<never>> {
      for (;;) {
        const { done, value } = whole.next()
        if (done === true) return value as never
        pieces++
        yield
      }
    }
    return real.inTurns(counted(), isCancelled)
  }
  return { ...real, inTurns }
})

const files = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n % 10}/file ${n}`, 'x']))

async function piecesOf(options: SandboxOptions): Promise<number> {
  pieces = 0
  expect(await sandboxed('true', [], options)).toSucceed()
  return pieces
}

test('the request of a run with many files is made in turns with other work', async () => {
  const workdir = makeDirectory(files(FILES))
  // The overlay of an ordinary user changes no owner, so its request is small. The request of a copy is large for every
  // user.
  noteOverlayRefusal(workdir)
  expect(await piecesOf({ workdir })).toBeGreaterThan(FILES / 64)
})

test('the request of a run with few files is made at once', async () => {
  expect(await piecesOf({ workdir: makeDirectory(files(20)) })).toBe(0)
})
