import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { forgottenError, interruptedError } from '../../../src/environment/leftover-error.ts'
import { TestRuns } from '../../../src/environment/test-runs.ts'
import type { OwnedRun } from '../../../src/runner/owner.ts'
import { fabricate } from '../matchers/fabricated.ts'

const { usage } = fabricate()

/** A run that ends some time after it was stopped. */
function startRun(command = './a.out', wallTimeMs = 12) {
  let finish = () => {}
  const result: OwnedRun['result'] = new Promise((resolve) => {
    finish = () =>
      resolve(fabricate({ command, status: 'aborted', usage: { ...usage, wallTimeMs } }))
  })
  const run = {
    result,
    stopped: false,
    stop() {
      run.stopped = true
      void setTimeout(10).then(() => finish())
    },
  }
  return { run, finish }
}

test('a run that has ended is neither interrupted nor forgotten, and its watcher receives it', async () => {
  const results: string[] = []
  const runs = new TestRuns(({ command }) => results.push(command))
  const { run, finish } = startRun()
  runs.own(run)
  finish()
  await run.result
  expect(await runs.end()).toEqual({ interrupted: [], forgotten: [] })
  expect(results).toEqual(['./a.out'])
})

test('a run that is active at the end is ended and awaited', async () => {
  const runs = new TestRuns()
  const { run } = startRun('./endless')
  runs.own(run)
  const { forgotten, interrupted } = await runs.end()
  expect(run.stopped).toBe(true)
  expect(forgotten.map(({ result }) => result.command)).toEqual(['./endless'])
  expect(forgotten[0]?.startedAt).toContain('test-runs.test.ts')
  expect(forgotten[0]?.startedAt).not.toContain('/src/')
  expect(interrupted).toEqual([])
})

test('a run that was active at the timeout is not a forgotten run', async () => {
  const runs = new TestRuns()
  const { run } = startRun()
  runs.own(run)
  runs.interrupt()
  expect(run.stopped).toBe(true)
  expect(await runs.end()).toMatchObject({ interrupted: [{}], forgotten: [] })
})

test('a stopped run is awaited, and is not a forgotten run', async () => {
  const runs = new TestRuns()
  const { run } = startRun()
  runs.own(run)
  run.stop()
  expect(await runs.end()).toEqual({ interrupted: [], forgotten: [] })
  await expect(Promise.race([run.result, 'pending'])).resolves.not.toBe('pending')
})

test('a run that a test starts after its own end is ended at once', async () => {
  const runs = new TestRuns()
  await runs.end()
  const { run } = startRun()
  runs.own(run)
  expect(run.stopped).toBe(true)
})

test('an error of a run that could not start reaches only its caller', async () => {
  const runs = new TestRuns()
  const result = Promise.reject(new Error('no such program'))
  runs.own({ result, stopped: false, stop: () => {} })
  expect(await runs.end()).toEqual({ interrupted: [], forgotten: [] })
})

test('the error shows each program, and has the stack of the first program’s start', async () => {
  const runs = new TestRuns()
  for (const command of ['./one', './two']) runs.own(startRun(command).run)
  const left = await runs.end()
  expect(interruptedError(left)).toBeUndefined()
  const error = forgottenError(left, 'test file')
  expect(error?.message).toMatch(
    /^When the test file ended, 2 programs were still running, and were ended: await the run/,
  )
  expect(error?.message.match(/^command: .*$/gm)).toEqual(['command: ./one', 'command: ./two'])
  expect(error?.stack).toBe(`Error: ${error?.message}\n${left.forgotten[0]?.startedAt}`)
})

test('five of many programs are shown; the runs that waited in the queue are counted', async () => {
  const runs = new TestRuns()
  for (let index = 0; index < 10; index++)
    runs.own(startRun(`./run-${index}`, index < 7 ? 5 : 0).run)
  runs.interrupt()
  const message = interruptedError(await runs.end())?.message
  expect(message).toMatch(
    /^When the test timed out, 7 programs were still running \(and 3 waiting to run\), and were ended\.\n/,
  )
  expect(message?.match(/^command: .*$/gm)).toHaveLength(5)
})

test('a program that never started is shown as waiting', async () => {
  const runs = new TestRuns()
  runs.own(startRun('./late', 0).run)
  expect(forgottenError(await runs.end(), 'test')?.message).toMatch(
    /^When the test ended, a program was still waiting to run, and will not: await the run, or/,
  )
})
