import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Vitest } from 'vitest/node'

// The path of the directory is on the global object, because the setup file and the tests load this module separately.
const slot = Symbol.for('gradebox.scratch')

interface Realm {
  [slot]?: string
}

const rootByVitest = new WeakMap<Vitest, string>()

/**
 * Names the root directory for all scratch directories of a test run. The first test that needs a scratch directory
 * makes the root. Vitest's main process removes the root at the end, so a killed worker leaves nothing behind.
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

/**
 * Sets the root directory for this worker's scratch directories. The default is the system's temporary directory.
 */
export function setScratchRoot(root: string): void {
  const realm = globalThis as Realm
  realm[slot] = root
}

/** Makes an empty directory on this host that only this user can open. */
export async function makeScratch(): Promise<string> {
  const root = (globalThis as Realm)[slot]
  if (root === undefined) return await mkdtemp(join(tmpdir(), 'gradebox-'))
  await mkdir(root, { recursive: true, mode: 0o700 })
  return await mkdtemp(join(root, 'test-'))
}

/** Removes a scratch directory and its contents. */
export async function removeScratch(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}
