import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Vitest } from 'vitest/node'

// On the global object: the setup file and the tests load this module separately.
const slot = Symbol.for('gradebox.scratch')

interface Realm {
  [slot]?: string
}

const rootByVitest = new WeakMap<Vitest, string>()

/**
 * Where the tests of a whole run have their directories; made by the first that wants one. Vitest's
 * main process removes it at its end, so that a worker which is killed leaves nothing behind.
 */
export function scratchRoot(vitest: Vitest): string {
  const known = rootByVitest.get(vitest)
  if (known !== undefined) return known
  const root = join(tmpdir(), `gradebox-${randomUUID()}`)
  const remove = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', remove)
  vitest.onClose(() => {
    remove()
    process.off('exit', remove)
  })
  rootByVitest.set(vitest, root)
  return root
}

/** Says where this worker's tests have their directories; without it, in the system's own place. */
export function setScratchRoot(root: string): void {
  const realm = globalThis as Realm
  realm[slot] = root
}

/** A new, empty directory of this host that is this user's alone. */
export async function makeScratch(): Promise<string> {
  const root = (globalThis as Realm)[slot]
  if (root === undefined) return await mkdtemp(join(tmpdir(), 'gradebox-'))
  await mkdir(root, { recursive: true, mode: 0o700 })
  return await mkdtemp(join(root, 'test-'))
}

/** Removes such a directory with all that is in it. */
export async function removeScratch(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}
