import { expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runShell } from './support/programs.ts'

test('output of exactly the limit is allowed', async () => {
  const run = await sandboxed('head', ['-c', '1000', '/dev/zero'], { limits: { output: 1000 } })
  expect(run).toSucceed()
  expect(run.stdout.length).toBe(1000)
  expect(run.truncated).toBe(false)
})

test('output is cut exactly at the limit, and the run is ended', async () => {
  const run = await runShell('head -c 1001 /dev/zero; sleep 1000', { limits: { output: 1000 } })
  expect(run).toExceedOutput()
  expect(run.stdout.length).toBe(1000)
  expect(run.truncated).toBe(true)
  expect(run.ok).toBe(false)
  expect(run.reason).toBe('wrote more than the output limit of 1000 B')
})

test('stdout and stderr count together', async () => {
  const run = await runShell('printf 12345; sleep 0.2; printf 67890 >&2; sleep 1000', {
    limits: { output: 8 },
  })
  expect(run).toExceedOutput()
  expect(run.stdout).toBe('12345')
  expect(run.stderr).toBe('678')
})

test('a limit of 0 allows a silent program only', async () => {
  expect(await sandboxed('true', [], { limits: { output: 0 } })).toSucceed()
  const run = await sandboxed('echo', [], { limits: { output: 0 } })
  expect(run).toExceedOutput()
  expect(run.stdout).toBe('')
})

test('a program that had already ended exceeds its limit nevertheless', async () => {
  const run = await sandboxed('head', ['-c', '30000', '/dev/zero'], { limits: { output: '10kB' } })
  expect(run).toExceedOutput()
  expect(run.stdout.length).toBe(10_000)
})

test('endless output costs this process no memory', async () => {
  const before = process.memoryUsage().rss
  const run = await runShell('cat /dev/zero & cat /dev/zero >&2', { limits: { output: '1MiB' } })
  expect(run).toExceedOutput()
  expect(run.stdout.length + run.stderr.length).toBe(1 << 20)
  expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20)
})

test('the policy has an output limit by default', async () => {
  const run = await sandboxed('yes')
  expect(run).toExceedOutput()
  expect(run.stdout.length).toBe(16 << 20)
})
