import { spawn } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { heldFiles } from '../../../../src/runner/watch/held-files.ts'
import { finish } from '../../../../src/work.ts'
import { makeDirectory } from '../../../run/support/directory.ts'

const MIB = 1024 * 1024
let child: ReturnType<typeof spawn> | undefined
afterEach(() => child?.kill('SIGKILL'))

const look = (path: string) => finish(heldFiles(process.pid, path, (act) => act()))

/** Starts a shell script in a new directory, and waits until it says that it is ready. */
async function holding(script: string): Promise<string> {
  const path = makeDirectory({})
  const started = spawn('sh', ['-euc', `${script}; echo ready; sleep 60`], { cwd: path })
  child = started
  await new Promise<void>((ready) => started.stdout.once('data', () => ready()))
  return path
}

test('a deleted file that a process holds open counts once', async () => {
  const path = await holding(
    'exec 3>f; head -c 1048576 /dev/zero >&3; exec 4>&3; rm f; head -c 1048576 /dev/zero > g',
  )
  const { bytes, hides } = look(path)
  expect(bytes).toBeGreaterThanOrEqual(MIB)
  expect(bytes).toBeLessThan(1.5 * MIB)
  expect(hides).toBe(false)
})

test('a deleted file that is mapped, and not open, is hidden', async () => {
  const path = await holding('cp "$(command -v sleep)" f; ./f 60 & sleep 0.2; rm f')
  expect(look(path).hides).toBe(true)
})

test('processes that hold nothing hide nothing', async () => {
  const path = await holding('true')
  expect(look(path)).toEqual({ bytes: 0, hides: false })
})
