import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

const shell = (script: string, options = {}) => sandboxed('sh', ['-c', script], options)

test('toSucceed', async () => {
  expect(await shell('echo oops >&2; exit 3')).toSucceed()
})

test('toExitWith', async () => {
  expect(await shell('kill -SEGV $$')).toExitWith(0)
})

test('toExitWithin', async () => {
  expect(await shell('sleep 5', { limits: { walltime: '100ms' } })).toExitWithin('50ms')
})

test('toBeKilledBy', async () => {
  expect(await shell('exit 1')).toBeKilledBy('SIGSEGV')
})

test('toBeKilledBySeccomp', async () => {
  const program = 'import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)'
  expect(await sandboxed('python3', ['-c', program])).toBeKilledBySeccomp('ptrace')
})

test('toExceedWalltime', async () => {
  expect(await shell('true')).toExceedWalltime()
})

test('toExceedCpu', async () => {
  expect(await shell('true')).toExceedCpu()
})

test('toExceedMemory', async () => {
  expect(await shell('true')).toExceedMemory()
})

test('toExceedOutput', async () => {
  expect(await sandboxed('yes', { limits: { output: 4000 } })).not.toExceedOutput()
})

test('toUseCpuWithin', async () => {
  expect(await shell('true')).toUseCpuWithin(0)
})

test('toUseMemoryWithin', async () => {
  expect(await shell('true')).toUseMemoryWithin(1)
})

test('toHaveStdout', async () => {
  expect(await shell('printf "1\\n3\\033[2K\\n"')).toHaveStdout('1\n2\n')
})

test('toHaveStderr', async () => {
  expect(await shell('echo 1.5 2.5 >&2')).toHaveStderr({ tokens: '1.5 2', float: 0.1 })
})

test('toHaveFile', async () => {
  expect(await shell('true', { collect: ['out.txt'] })).toHaveFile('out.txt', '3\n')
})

test('a promise', () => {
  expect(shell('true')).not.toSucceed()
})

test('no run at all', () => {
  expect({ exitCode: 0 }).toSucceed()
})

test('softly, twice', async () => {
  const run = await shell('exit 1')
  expect.soft(run).toSucceed()
  expect.soft(run).toHaveStdout('3\n')
})

test('by polling', async () => {
  // The program runs beforehand. At the timeout, Vitest reports a poll in flight and names its matcher only after one
  // has failed.
  const run = await shell('exit 1')
  await expect.poll(() => run, { timeout: 200 }).toSucceed()
})

test('in another matcher', async () => {
  expect({ run: await shell('echo 3') }).toEqual({ run: expect.toHaveStdout('4\n') })
})
