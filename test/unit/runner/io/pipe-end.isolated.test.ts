import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { closeDescriptor, makePipe } from '../../../../src/ffi/libc.ts'
import { PipeEnd } from '../../../../src/runner/io/pipe-end.ts'

const poll = vi.hoisted(() => ({ claimsReadable: false }))
vi.mock('../../../../src/ffi/libc.ts', async (original) => {
  const libc = await original<typeof import('../../../../src/ffi/libc.ts')>()
  const claimed = { isReadable: true, isHungUp: false }
  const waitForInput = (fd: number, timeoutMs: number) =>
    poll.claimsReadable ? claimed : libc.waitForInput(fd, timeoutMs)
  return { ...libc, waitForInput }
})

const SOON_MS = 50
const LONG_MS = 5000

function start() {
  const { read, write } = makePipe(0)
  const chunks: Buffer[] = []
  const pipe = new PipeEnd(read, (chunk) => chunks.push(chunk))
  return { pipe, read, write, text: () => Buffer.concat(chunks).toString() }
}

const isOpen = (fd: number): boolean => {
  try {
    closeDescriptor(fd)
    return true
  } catch {
    return false
  }
}

describe('a pipe', () => {
  test('is read at once, up to the data that is there', () => {
    const { pipe, write, text } = start()
    expect(pipe.readNext(0)).toBe(false)
    writeSync(write, 'one ')
    expect(pipe.readNext(0)).toBe(true)
    writeSync(write, 'two')
    expect(pipe.readNext(0)).toBe(true)
    // Later data does not overwrite data that was already passed on.
    expect(text()).toBe('one two')
    expect(pipe.readNext(0)).toBe(false)
    pipe.close()
    closeDescriptor(write)
  })

  test('that ends soon is read without the event loop, and closed', async () => {
    const { pipe, read, write, text } = start()
    writeSync(write, 'x'.repeat(60_000))
    closeDescriptor(write)
    const done = pipe.readToEnd(SOON_MS)
    expect(isOpen(read)).toBe(false)
    await done
    expect(text()).toBe('x'.repeat(60_000))
    expect(pipe.readNext(-1)).toBe(false)
    await pipe.readByLoop()
    pipe.close()
  })

  test('that does not end soon is read by the event loop', async () => {
    const { pipe, write, text } = start()
    writeSync(write, 'one ')
    const done = pipe.readToEnd(1)
    await sleep(20)
    writeSync(write, 'two')
    closeDescriptor(write)
    await done
    expect(text()).toBe('one two')
    expect(pipe.readNext(-1)).toBe(false)
  })

  test('that receives data faster than it is read does not block the event loop', async () => {
    const { pipe, write, text } = start()
    // As many writes as keep the pipe from ever being empty.
    const writers = Array.from({ length: 8 }, () =>
      spawn('yes', [], { stdio: ['ignore', write, 'ignore'] }),
    )
    closeDescriptor(write)
    await sleep(50)
    const before = performance.now()
    const done = pipe.readToEnd(SOON_MS)
    expect(performance.now() - before).toBeLessThan(LONG_MS)
    await sleep(1)
    for (const writer of writers) writer.kill('SIGKILL')
    await done
    expect(text().startsWith('y\ny\n')).toBe(true)
  })

  test('that the event loop reads keeps no process alive in the background', async () => {
    const pipes = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
    const before = pipes()
    const { pipe, write } = start()
    const done = pipe.readByLoop(true)
    expect(pipes()).toBe(before)
    closeDescriptor(write)
    await done
  })

  test('that only seems readable blocks none of the calls that read at once', async () => {
    // This happens after a hang-up that poll(2) reported, when the pipe has a writer again: a blocking read never
    // returns.
    const { pipe, write, text } = start()
    poll.claimsReadable = true
    expect(pipe.readNext(0)).toBe(false)
    expect(pipe.readNext(-1)).toBe(false)
    pipe.readPresent()
    const done = pipe.readToEnd(1)
    writeSync(write, 'late')
    await sleep(20)
    pipe.finish()
    await done
    poll.claimsReadable = false
    expect(text()).toBe('late')
    closeDescriptor(write)
  })

  test('is closed when its reader has finished, although it has a writer', async () => {
    const { pipe, read, write, text } = start()
    writeSync(write, 'rest')
    pipe.finish()
    expect(isOpen(read)).toBe(false)
    expect(text()).toBe('rest')
    closeDescriptor(write)
  })

  test('may be released unread', () => {
    const { pipe, read, write } = start()
    pipe.close()
    expect(isOpen(read)).toBe(false)
    pipe.close()
    expect(pipe.readNext(-1)).toBe(false)
    closeDescriptor(write)
  })
})

describe('the end of a pipe’s writer', () => {
  // These tests hold only after the event loop has read a first pipe.
  beforeAll(async () => {
    const { pipe, write } = start()
    closeDescriptor(write)
    await pipe.readByLoop()
  })

  test('is noticed, whatever data remains to be read', async () => {
    const { pipe, write, text } = start()
    writeSync(write, 'unread')
    const end = pipe.hangsUpWithin(LONG_MS)
    expect(await Promise.race([end, sleep(20, 'not yet')])).toBe('not yet')
    closeDescriptor(write)
    expect(await end).toBe(true)
    await pipe.readToEnd(0)
    expect(text()).toBe('unread')
  })

  test('is awaited no longer than the caller says', async () => {
    const { pipe, write } = start()
    expect(await pipe.hangsUpWithin(1)).toBe(false)
    closeDescriptor(write)
    // A thread of the first wait may still be at work on a busy machine. It ends before the next one.
    expect(await pipe.hangsUpWithin(LONG_MS)).toBe(true)
    pipe.close()
  })

  test('is awaited by at most two threads, because other work needs threads too', async () => {
    const pipes = [start(), start(), start()]
    const [first, second, third] = pipes.map(({ pipe }) => pipe.hangsUpWithin(LONG_MS))
    expect(await third).toBe(false)
    for (const { write } of pipes) closeDescriptor(write)
    expect(await Promise.all([first, second])).toEqual([true, true])
    for (const { pipe } of pipes) pipe.close()
  })
})
