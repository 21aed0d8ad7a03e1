import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createSandbox, isSandboxResult, sandboxed } from '../../src/index.ts'
import { eventually, makeMarker, processesWith } from './support/processes.ts'
import { runShell } from './support/programs.ts'

/** Waits until the program has written something. */
const started = (run: { stdout: NodeJS.ReadableStream }) =>
  new Promise<void>((settle) => run.stdout.once('data', () => settle()))

describe('a handle', () => {
  test('is a promise of the result', async () => {
    const handle = sandboxed('true')
    expect(handle).toBeInstanceOf(Promise)
    expect(isSandboxResult(await handle)).toBe(true)
    expect(await handle.then((run) => run.exitCode)).toBe(0)
    let finished = false
    await handle.finally(() => {
      finished = true
    })
    expect(finished).toBe(true)
  })

  test('has the process id of the sandbox on the host', async () => {
    const run = runShell('echo started; sleep 1000')
    await started(run)
    expect(run.pid).toBeGreaterThan(1)
    expect(() => process.kill(run.pid ?? 0, 0)).not.toThrow()
    run.kill()
    await run
    expect(() => process.kill(run.pid ?? 0, 0)).toThrow('ESRCH')
  })

  test('has live streams that end when the program closes them, although the program stays', async () => {
    // The first run and later runs read a stream that ends at once in different ways.
    for (let attempt = 0; attempt < 5; attempt++) {
      const run = runShell('exec >&- 2>&-; sleep 1000')
      const ended = [run.stdout, run.stderr].map(async (stream) => once(stream.resume(), 'end'))
      await Promise.all(ended)
      run.kill()
      expect(await run).toMatchObject({ status: 'aborted' })
    }
  })

  test('has no stdin unless the caller asks for one', async () => {
    const run = sandboxed('true')
    expect(run.stdin).toBeUndefined()
    await run
  })

  test('resolves, whatever the program does', async () => {
    await expect(runShell('exit 1')).resolves.toExitWith(1)
    await expect(runShell('kill -9 $$')).resolves.toBeKilledBy('SIGKILL')
  })
})

describe('kill()', () => {
  test('ends the run and keeps its output', async () => {
    const marker = makeMarker()
    const run = runShell(`echo error >&2; echo partial; sleep ${marker}; true`)
    await started(run)
    expect(processesWith(marker).length).toBeGreaterThan(0)
    run.kill()
    const result = await run
    expect(result).toMatchObject({
      status: 'aborted',
      ok: false,
      signal: 'SIGKILL',
      reason: 'ended by the caller',
      stdout: 'partial\n',
      stderr: 'error\n',
    })
    expect(processesWith(marker)).toEqual([])
  })

  test('is harmless when it is called twice, and after the end', async () => {
    const run = runShell('echo started; sleep 1000')
    await started(run)
    run.kill()
    run.kill()
    expect((await run).status).toBe('aborted')
    run.kill()
    const ended = sandboxed('true')
    await ended
    ended.kill()
    expect(await ended).toSucceed()
  })

  test('ends a run that has not started', async () => {
    const run = sandboxed('sleep', ['1000'])
    run.kill()
    expect((await run).status).toBe('aborted')
  })

  test('does not wait for a program that ignores every signal', async () => {
    const run = runShell(
      'trap "" HUP INT QUIT TERM USR1 USR2 PIPE; echo started; while :; do sleep 1; done',
    )
    await started(run)
    run.kill()
    expect((await run).status).toBe('aborted')
  })
})

describe('an AbortSignal', () => {
  test('that is already aborted keeps the program from starting', async () => {
    const run = await sandboxed('echo', ['x'], { signal: AbortSignal.abort() })
    expect(run).toMatchObject({
      status: 'aborted',
      ok: false,
      stdout: '',
      reason: 'ended by the caller before it started',
    })
    expect(run.usage.wallTimeMs).toBe(0)
  })

  test('ends a run that waits in the queue', async () => {
    const inTurn = createSandbox({ concurrency: 1 })
    const controller = new AbortController()
    const first = inTurn('sh', ['-c', 'echo started; read line'], { stdin: 'pipe' })
    const second = inTurn('echo', ['second'], { signal: controller.signal })
    await started(first)
    expect(second.pid).toBeUndefined()
    controller.abort()
    expect(await second).toMatchObject({ status: 'aborted', stdout: '' })
    first.stdin?.end('go on\n')
    expect(await first).toSucceed()
  })

  test('ends a running program and its processes', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const marker = makeMarker()
    const run = runShell(`echo started; sleep ${marker}; true`, { signal })
    await started(run)
    controller.abort()
    expect(await run).toMatchObject({ status: 'aborted', stdout: 'started\n' })
    expect(await eventually(() => processesWith(marker).length === 0)).toBe(true)
  })

  test('may be a timeout', async () => {
    const run = await sandboxed('sleep', ['1000'], { signal: AbortSignal.timeout(200) })
    expect(run.status).toBe('aborted')
  })

  test('that is aborted after the end changes nothing', async () => {
    const controller = new AbortController()
    const run = sandboxed('true', [], { signal: controller.signal })
    await run
    controller.abort()
    expect(await run).toSucceed()
  })
})
