import { readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, expect, test } from 'vitest'
import { createSandbox, type SandboxHandle, sandboxed } from '../../src/index.ts'
import { runNode } from './support/built.ts'
import { giveToUser, makeDirectory } from './support/directory.ts'
import { children, eventually } from './support/processes.ts'
import { launcherFiles, sandboxMounts, useOwnTemporaryDirectory } from './support/remains.ts'

useOwnTemporaryDirectory()

/** The things that a run could leave behind. */
function census() {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    children: children().filter((child) => child.includes('gradebox')),
    mounts: sandboxMounts(),
    threads: readdirSync('/proc/self/task').length,
    launchers: launcherFiles(),
  }
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return 'closed meanwhile'
    }
  })
}

/** Node closes descriptors a moment after a run, and the watch's thread finishes its last check then. */
const SETTLES_WITHIN_MS = 60_000

// These are loaded and opened once per process: koffi, the image, Node's thread pool.
beforeEach(async () => {
  const file = join(makeDirectory({ x: 'x' }), 'x')
  await Promise.all(
    Array.from({ length: 8 }, () => sandboxed('cat', [], { stdin: pathToFileURL(file) })),
  )
  // Node's thread pool closes a file that was read some time later.
  expect(await eventually(() => !openFiles().includes(file))).toBe(true)
})

/** Runs with every possible end. */
function everyEnd(index: number, run: typeof sandboxed, workdir: string): SandboxHandle {
  const ways: readonly (() => SandboxHandle)[] = [
    () => run('true'),
    () => run('cat', [], { stdin: 'x'.repeat(index * 100), collect: ['missing'] }),
    () => run('sh', ['-c', 'exit 1'], { workdir }),
    () => run('sh', ['-c', 'kill -9 $$'], { workdir, collect: ['file'] }),
    () => run('sleep', ['100'], { limits: { walltime: '20ms' } }),
    () => run('yes', [], { limits: { output: 1000 } }),
    () => run('sleep', ['100'], { signal: AbortSignal.timeout(10) }),
    () => run('sleep', ['100'], { signal: AbortSignal.abort() }),
    () => run('true', [], { stdin: pathToFileURL(join(workdir, 'large')) }),
    () => run('true', [], { stdin: 'pipe' }),
    () => run('true', [], { stdout: 'ignore', stderr: 'ignore' }),
    () => run('missing-program'),
    () => run('true', [], { workdir: '/nonexistent' }),
    () => run('true', [], { mounts: [{ source: '/nonexistent', target: '/x' }] }),
    () => run('true', [], { stdin: new URL('file:///nonexistent') }),
    () => run('true', [], { cwd: '/nonexistent' }),
    () => run('true', [], { files: { '/usr/x': 'x' } }),
    () => run('true', ['\0']),
    () => run('true', [], { limits: { openFiles: 2 ** 31 - 1 } }),
    () => run('sh', ['-c', 'sleep 100 & sleep 100 & exit 0']),
  ]
  return (ways[index % ways.length] as () => SandboxHandle)()
}

async function settle(run: SandboxHandle): Promise<string> {
  return run.then(
    (result) => result.status,
    (error) => error.code,
  )
}

test('300 runs one after the other, with every kind of end, leave nothing behind', async () => {
  const workdir = makeDirectory({ file: 'content', large: Buffer.alloc(1 << 20) })
  const before = census()
  const ends = new Set<string>()
  for (let index = 0; index < 300; index++)
    ends.add(await settle(everyEnd(index, sandboxed, workdir)))
  expect([...ends].sort()).toMatchInlineSnapshot(`
    [
      "LIMIT_UNAVAILABLE",
      "MOUNT_FAILED",
      "OPTION_INVALID",
      "PROGRAM_NOT_FOUND",
      "SETUP_FAILED",
      "aborted",
      "exited",
      "output",
      "signaled",
      "walltime",
    ]
  `)
  await expect.poll(census, { timeout: SETTLES_WITHIN_MS }).toEqual(before)
})

test('200 runs, eight at once and with every kind of end, leave nothing behind', async () => {
  const workdir = makeDirectory({ file: 'content', large: Buffer.alloc(1 << 20) })
  const run = createSandbox({ concurrency: 8 })
  const before = census()
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => settle(everyEnd(index, run, workdir))),
  )
  await expect.poll(census, { timeout: SETTLES_WITHIN_MS }).toEqual(before)
})

// test/endurance/runs.test.ts makes 20,000 runs.
test('500 runs leave nothing behind, and this process does not grow', async () => {
  const run = createSandbox({ concurrency: 4 })
  const batch = async (size: number) => {
    const runs = Array.from({ length: size }, () => run('/bin/true'))
    for (const result of await Promise.all(runs)) expect(result.status).toBe('exited')
  }
  await batch(100)
  const [before, memoryBefore] = [census(), process.memoryUsage().rss]
  await batch(400)
  await expect.poll(census, { timeout: SETTLES_WITHIN_MS }).toEqual(before)
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(100 << 20)
})

// The test needs a process of its own, because this one has read pipes.
test('a short first run opens everything that a longer run needs', async () => {
  const { stdout } = await runNode(`
    import { readdirSync } from 'node:fs'
    import { sandboxed } from 'gradebox-under-test'
    const count = () => readdirSync('/proc/self/fd').length
    await sandboxed('true')
    const before = count()
    await sandboxed('sleep', ['0.05'])
    await sandboxed('true')
    // The watch's thread may just be reading a file of /proc.
    for (let tries = 0; tries < 100 && count() > before; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    console.log(count() <= before ? 'no more' : [before, count()].join(' '))`)
  expect(stdout).toBe('no more\n')
})

test('a run that fails leaves nothing in its working directory', async () => {
  const workdir = makeDirectory()
  writeFileSync(join(workdir, 'file'), 'x')
  giveToUser(workdir)
  const modes = ['copy-on-write', 'read-only', 'read-write'] as const
  for (const mode of modes) {
    const run = sandboxed('missing-program', [], { workdir: { source: workdir, mode } })
    await expect(run).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    expect(readdirSync(workdir)).toEqual(['file'])
  }
})
