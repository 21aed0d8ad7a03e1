import { closeSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { makePipe } from '../../../../src/ffi/libc.ts'
import { O_NONBLOCK } from '../../../../src/linux/constants.ts'
import { feedStdin, type StdinSource } from '../../../../src/runner/io/stdin.ts'

const UNREAD = { code: 'SETUP_FAILED' }

/** A feed, and the end of its pipe that the program would read. */
function feed(source: StdinSource) {
  const { read, write } = makePipe(O_NONBLOCK)
  onTestFinished(() => closeSync(read))
  const onError = vi.fn()
  return { ...feedStdin(write, source, onError), read, onError }
}

/** All readable data up to end of file; fails when the end does not come. */
async function readToEnd(fd: number): Promise<string> {
  const buffer = Buffer.alloc(65536)
  const chunks: Buffer[] = []
  for (let tries = 0; tries < 200; ) {
    try {
      const count = readSync(fd, buffer)
      if (count === 0) return Buffer.concat(chunks).toString()
      chunks.push(Buffer.from(buffer.subarray(0, count)))
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN')
      await setTimeout(5)
      tries++
    }
  }
  throw new Error('The program would wait for its input for ever')
}

const stream = (from: Readable): StdinSource => ({ kind: 'stream', stream: from })

describe('stdin is fed', () => {
  test.each([
    ['nothing', ''],
    ['what fits an empty pipe', 'x'.repeat(4096)],
    ['more than a pipe holds', 'x'.repeat(300_000)],
  ])('bytes: %s', async (_, contents) => {
    const { read, check, stop } = feed({ kind: 'bytes', bytes: Buffer.from(contents) })
    expect(await readToEnd(read)).toBe(contents)
    expect(check).not.toThrow()
    stop()
  })

  test('a file', async () => {
    const directory = dirSync({ unsafeCleanup: true })
    onTestFinished(() => directory.removeCallback())
    const path = join(directory.name, 'input')
    writeFileSync(path, 'y'.repeat(200_000))
    const { read, check } = feed({ kind: 'file', path, followLinks: false })
    expect(await readToEnd(read)).toBe('y'.repeat(200_000))
    expect(check).not.toThrow()
  })

  test('a stream, and what the caller writes', async () => {
    const { read, check, onError } = feed(stream(Readable.from(['one ', 'two'])))
    expect(await readToEnd(read)).toBe('one two')
    const written = new PassThrough()
    const second = feed({ kind: 'pipe', stream: written })
    written.write('three')
    written.end()
    expect(await readToEnd(second.read)).toBe('three')
    expect(check).not.toThrow()
    expect(onError).not.toHaveBeenCalled()
  })

  test('nothing more after the program has ended, without a failure', async () => {
    const endless = new Readable({ read: () => {} })
    const { read, check, stop } = feed(stream(endless))
    endless.push('half')
    await setTimeout(20)
    stop()
    expect(await readToEnd(read)).toBe('half')
    expect(check).not.toThrow()
    endless.destroy()
  })

  test('until a program closes its end, without a failure', async () => {
    const { read, write } = makePipe(0)
    const onError = vi.fn()
    const source = Buffer.alloc(1_000_000)
    const { check } = feedStdin(write, { kind: 'bytes', bytes: source }, onError)
    closeSync(read)
    await setTimeout(20)
    expect(check).not.toThrow()
    expect(onError).not.toHaveBeenCalled()
  })
})

describe('a source that fails', () => {
  test('is reported once, and the program’s input ends', async () => {
    const source = new Readable({ read: () => {} })
    const { read, check, onError } = feed(stream(source))
    source.push('half')
    await setTimeout(20)
    expect(check).not.toThrow()
    source.destroy(new Error('connection reset'))
    expect(await readToEnd(read)).toBe('half')
    expect(onError).toHaveBeenCalledTimes(1)
    expect(check).toThrow(expect.objectContaining(UNREAD))
    expect(check).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: The stream meant for stdin failed: connection reset
        hint: The program did not get all its input, so its result means nothing. Fix the source and run it again.
        see: docs/errors.md#setup_failed]
    `)
  })

  test('for a missing file is reported at once, and nothing stays open', async () => {
    const { read, write } = makePipe(O_NONBLOCK)
    onTestFinished(() => closeSync(read))
    const source = { kind: 'file', path: '/nonexistent/input', followLinks: false } as const
    const start = () => feedStdin(write, source, () => {})
    expect(start).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: The file "/nonexistent/input", meant for stdin, does not exist
        hint: The option stdin takes text, bytes, a stream, or the URL of a regular file that can be read.
        see: docs/errors.md#setup_failed]
    `)
    expect(await readToEnd(read)).toBe('')
  })

  // Unreported, each of these failures would make the program wait for input until its walltime: a false verdict.
  describe('without an error event', () => {
    const broken = () => {
      const source = new Readable({ read: () => {} })
      source.on('error', () => {})
      return source
    }

    test('because it was destroyed before its end: is reported', async () => {
      const source = broken()
      const { read, check } = feed(stream(source))
      source.destroy()
      await readToEnd(read)
      expect(check).toThrow(expect.objectContaining(UNREAD))
    })

    test('because it had failed before: is reported', async () => {
      const source = broken().destroy(new Error('connection reset'))
      await setTimeout(10)
      const { read, check } = feed(stream(source))
      await readToEnd(read)
      expect(check).toThrow(expect.objectContaining(UNREAD))
    })
  })
})
