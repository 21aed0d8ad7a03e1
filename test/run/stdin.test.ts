import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runNode } from './support/built.ts'
import { makeDirectory } from './support/directory.ts'
import { runShell } from './support/programs.ts'

const cat = (stdin: string | Uint8Array | Readable | URL) => sandboxed('cat', [], { stdin })

describe('stdin', () => {
  test('is empty by default', async () => {
    expect(await sandboxed('cat')).toHaveStdout('')
  })

  test.each([0, 1, 4095, 4096, 4097, 65_536, 65_537, 1 << 20])('takes %i bytes', async (size) => {
    const stdin = Buffer.alloc(size, 'abcdefg\n')
    const run = await sandboxed('cat', [], { stdin, encoding: 'buffer' })
    expect(run).toSucceed()
    expect(Buffer.compare(run.stdout, stdin)).toBe(0)
  })

  test('takes text of any language', async () => {
    expect((await cat('Grüße, 世界 🌍\n')).stdout).toBe('Grüße, 世界 🌍\n')
  })

  test('takes bytes that are not text, also NUL bytes', async () => {
    const stdin = Uint8Array.from({ length: 256 }, (_, index) => index)
    const run = await sandboxed('cat', [], { stdin, encoding: 'buffer' })
    expect([...run.stdout]).toEqual([...stdin])
  })

  test('takes a stream', async () => {
    expect(await cat(Readable.from(['one ', 'two ', 'three']))).toHaveStdout('one two three')
  })

  test('takes the URL of a host file', async () => {
    const file = join(makeDirectory(), 'input')
    writeFileSync(file, 'from a file\n'.repeat(10_000))
    expect((await cat(pathToFileURL(file))).stdout).toBe('from a file\n'.repeat(10_000))
  })

  test('that cannot be read causes an error of Gradebox, not empty input', async () => {
    await expect(cat(new URL('file:///nonexistent/input'))).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringContaining('/nonexistent/input'),
    })
  })

  test('is written through the handle with `pipe`', async () => {
    const run = sandboxed('cat', [], { stdin: 'pipe' })
    run.stdin?.write('first ')
    run.stdin?.end('last')
    expect(await run).toHaveStdout('first last')
  })

  test('answers a program line by line', async () => {
    const run = runShell('while read line; do echo "got $line"; done', { stdin: 'pipe' })
    const answers: string[] = []
    run.stdin?.write('1\n')
    for await (const chunk of run.stdout) {
      answers.push(String(chunk))
      if (answers.length < 3) run.stdin?.write(`${answers.length + 1}\n`)
      else run.stdin?.end()
    }
    expect(answers).toEqual(['got 1\n', 'got 2\n', 'got 3\n'])
    expect(await run).toSucceed()
  })

  test('has an end: a program that reads once more does not wait', async () => {
    expect(await runShell('cat >/dev/null; cat >/dev/null; echo done', { stdin: 'x' })).toSucceed()
  })

  test('is a pipe that the program can open again as /dev/stdin', async () => {
    expect(await runShell('cat /dev/stdin', { stdin: 'again' })).toHaveStdout('again')
  })

  test('is the stdin of this process with `inherit`', async () => {
    const run = await runNode(
      `import { sandboxed } from 'gradebox-under-test'
       const run = await sandboxed('cat', [], { stdin: 'inherit' })
       process.stdout.write(run.status + ' ' + run.stdout)`,
      'from the parent\n',
    )
    expect(run).toEqual({ code: 0, stdout: 'exited from the parent\n', stderr: '' })
  })
})

describe('input that a program does not read', () => {
  const large = Buffer.alloc(10 << 20, 'x')

  test('does not keep a run from ending', async () => {
    expect(await sandboxed('true', [], { stdin: large })).toSucceed()
  })

  test('does not keep a run from ending when it is a stream', async () => {
    expect(await sandboxed('true', [], { stdin: Readable.from([large]) })).toSucceed()
  })

  test('does not keep a run from ending when it comes from a pipe that is never closed', async () => {
    const run = sandboxed('true', [], { stdin: 'pipe' })
    run.stdin?.write(large)
    expect(await run).toSucceed()
  })

  test('does not keep a run from ending when it is a file', async () => {
    const path = join(makeDirectory({ input: large }), 'input')
    expect(await sandboxed('true', [], { stdin: pathToFileURL(path) })).toSucceed()
  })

  test('may be read in part', async () => {
    expect(await sandboxed('head', ['-c', '5'], { stdin: large })).toHaveStdout('xxxxx')
  })

  test('does not end a program that closes its stdin', async () => {
    expect(await runShell('exec <&-; echo closed', { stdin: large })).toHaveStdout('closed\n')
  })
})

describe('a program that waits for input', () => {
  const limits = { walltime: '500ms' }
  const waited =
    /^ran longer than the walltime limit of 500 ms; it used [\d.]+ m?s of CPU time while its stdin was open and empty: it was probably waiting for input$/

  test('is reported as waiting', async () => {
    const run = await sandboxed('cat', [], { stdin: 'pipe', limits })
    expect(run.reason).toMatch(waited)
    const silent = new Readable({ read: () => {} })
    expect((await sandboxed('cat', [], { stdin: silent, limits })).reason).toMatch(waited)
    silent.destroy()
  })

  test('is not reported as waiting while it has input to read, or after the end of the input', async () => {
    const sleeps = (stdin: string | Uint8Array) => sandboxed('sleep', ['1000'], { stdin, limits })
    for (const stdin of ['', 'x', Buffer.alloc(1 << 20)]) {
      expect((await sleeps(stdin)).reason).not.toContain('input')
    }
    const run = sandboxed('sleep', ['1000'], { stdin: 'pipe', limits })
    run.stdin?.write('unread')
    expect((await run).reason).not.toContain('input')
  })
})

test('a program reads a large file to its end, whichever call it uses', async () => {
  const bytes = Buffer.alloc(20_000_003, 'abcdefgh\n')
  const path = join(makeDirectory({ input: bytes }), 'input')
  const run = await sandboxed('cksum', [], { stdin: pathToFileURL(path) })
  expect(run).toHaveStdout((await sandboxed('cksum', [], { stdin: bytes })).stdout)
})
