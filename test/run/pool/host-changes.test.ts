import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createSandbox, type PolicyInput, type Sandboxed } from '../../../src/index.ts'
import { endActiveRuns } from '../../../src/runner/active.ts'
import { runNodeBy } from '../support/built.ts'
import { makeDirectory } from '../support/directory.ts'
import { bare } from '../support/policies.ts'
import { eventually, inits } from '../support/processes.ts'
import { lacksRoot } from '../support/tools.ts'

afterEach(endActiveRuns)

async function waiting(run: Sandboxed, workdir?: string): Promise<number> {
  await run('true', [], workdir === undefined ? {} : { workdir })
  expect(await eventually(() => inits().length === 1)).toBe(true)
  return inits()[0] ?? 0
}

const showing = (source: string): Sandboxed => {
  const policy: PolicyInput = bare()
  const mounts = [...(policy.mounts ?? []), { source, target: '/shown' }]
  return createSandbox({ policy: { ...policy, mounts }, warm: 1, concurrency: 1 })
}

describe('a sandbox that was built before a change on the host', () => {
  test('shows a change inside a mount’s source', async () => {
    const source = makeDirectory({ 'd/file': 'old' })
    const run = showing(join(source, 'd'))
    const ready = await waiting(run)
    writeFileSync(join(source, 'd/file'), 'new')
    const next = run('cat', ['/shown/file'])
    expect(await next).toHaveStdout('new')
    expect(next.pid).toBe(ready)
  })

  test('shows the mounted directory that exists when the run starts', async () => {
    const source = makeDirectory({ 'd/file': 'old', 'e/file': 'new' })
    const run = showing(join(source, 'd'))
    const ready = await waiting(run)
    renameSync(join(source, 'd'), join(source, 'f'))
    renameSync(join(source, 'e'), join(source, 'd'))
    const next = run('cat', ['/shown/file'])
    expect(await next).toHaveStdout('new')
    expect(next.pid).toBe(ready)
  })

  test('is replaced when a mount’s source was removed and made again, ten times', async () => {
    const source = makeDirectory({ 'd/file': '0' })
    const run = showing(join(source, 'd'))
    for (let round = 1; round <= 10; round++) {
      await waiting(run)
      rmSync(join(source, 'd'), { recursive: true })
      mkdirSync(join(source, 'd'))
      writeFileSync(join(source, 'd/file'), `${round}`)
      expect(await run('cat', ['/shown/file'])).toHaveStdout(`${round}`)
    }
  })

  test('is replaced when the file that is a mount’s source was replaced, as editors do', async () => {
    const source = makeDirectory({ file: 'old' })
    const run = showing(join(source, 'file'))
    await waiting(run)
    writeFileSync(join(source, 'other'), 'new')
    renameSync(join(source, 'other'), join(source, 'file'))
    expect(await run('cat', ['/shown'])).toHaveStdout('new')
  })

  test('leads to an error when a mount’s source no longer exists', async () => {
    const source = makeDirectory({ 'd/file': 'old' })
    const run = showing(join(source, 'd'))
    await waiting(run)
    rmSync(join(source, 'd'), { recursive: true })
    await expect(run('true')).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      step: { errno: 'ENOENT' },
    })
  })

  test('shows the working directory as it is when the run starts', async () => {
    const source = makeDirectory({ 'd/file': 'old', 'e/file': 'new' })
    const run = createSandbox({ warm: 1, concurrency: 1 })
    const ready = await waiting(run, join(source, 'd'))
    renameSync(join(source, 'd'), join(source, 'f'))
    renameSync(join(source, 'e'), join(source, 'd'))
    const next = run('cat', ['file'], { workdir: join(source, 'd') })
    expect(await next).toHaveStdout('new')
    expect(next.pid).toBe(ready)
  })

  // The test has a mount namespace of its own, because other tests check the host's mounts.
  test.skipIf(lacksRoot('a mount'))('is replaced when a file system was mounted', () => {
    const directory = join(makeDirectory({ 'd/file': 'below ' }), 'd')
    const output = runNodeBy(
      'exec unshare --mount --propagation private "$@"',
      `
      import { execFileSync } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      import { setTimeout as sleep } from 'node:timers/promises'
      import { createSandbox } from 'gradebox-under-test'
      const workdir = ${JSON.stringify(directory)}
      const run = createSandbox({ warm: 1, concurrency: 1 })
      const show = async () => {
        process.stdout.write((await run('cat', ['file'], { workdir })).stdout)
        // The pool builds another sandbox meanwhile.
        await sleep(300)
      }
      await show()
      execFileSync('mount', ['-t', 'tmpfs', 'test', workdir])
      writeFileSync(workdir + '/file', 'above ')
      await show()
      execFileSync('umount', [workdir])
      await show()`,
    )
    expect(output).toBe('below above below ')
  })
})
