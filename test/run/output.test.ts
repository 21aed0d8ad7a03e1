import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runNode } from './support/built.ts'
import { runPython, runShell } from './support/programs.ts'
import { sandboxLacks } from './support/tools.ts'

describe('captured output', () => {
  test('keeps both streams apart and complete, with final newlines', async () => {
    const run = await runShell('printf "out\\n\\n"; printf "err\\n" >&2')
    expect(run.stdout).toBe('out\n\n')
    expect(run.stderr).toBe('err\n')
    expect(run.truncated).toBe(false)
  })

  test('has no final newline where the program wrote none', async () => {
    expect((await sandboxed('printf', ['x'])).stdout).toBe('x')
  })

  test('of several megabytes is complete, byte by byte', async () => {
    const run = await sandboxed('head', ['-c', '5000000', '/dev/zero'], { encoding: 'buffer' })
    expect(run.stdout.length).toBe(5_000_000)
    expect(run.stdout.every((byte) => byte === 0)).toBe(true)
  })

  test('is bytes with encoding `buffer`', async () => {
    const run = await sandboxed('printf', ['\\377\\000\\303'], { encoding: 'buffer' })
    expect([...run.stdout]).toEqual([0xff, 0, 0xc3])
    expect([...run.stderr]).toEqual([])
  })

  test('has replacement characters in its text where it is not UTF-8', async () => {
    expect((await sandboxed('printf', ['a\\377b\\303'])).stdout).toBe('a\uFFFDb\uFFFD')
  })

  test('of more than a string can hold ends the run, and the result has all output until then', async () => {
    const run = await runNode(
      `import { constants } from 'node:buffer'
       import { sandboxed } from 'gradebox-under-test'
       const flood = (count, options) => sandboxed('sh', ['-c', 'head -c $0 /dev/zero; echo end >&2; sleep 60', count], { policy: 'kiss', ...options })
       const { status, reason, truncated, stdout } = await flood('520M')
       console.log(status, truncated, stdout.length === constants.MAX_STRING_LENGTH, reason)
       const bytes = flood('520M', { encoding: 'buffer', limits: { walltime: '20s' } })
       bytes.stderr.once('data', () => bytes.kill())
       const run = await bytes
       console.log(run.status, run.truncated, run.stdout.length === 520 * 2 ** 20)`,
    )
    expect(run).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "output true true wrote more to one stream than a text can hold (512 MiB); take bytes with \`encoding: 'buffer'\`, or set limits.output
      aborted false true
      ",
      }
    `)
  })

  test('is read also while the caller occupies all of libuv’s threads', async () => {
    const run = await runNode(
      `import { execFileSync } from 'node:child_process'
       import { closeSync, mkdtempSync, open, openSync, rmSync } from 'node:fs'
       import { tmpdir } from 'node:os'
       import { join } from 'node:path'
       import { sandboxed } from 'gradebox-under-test'
       const directory = mkdtempSync(join(tmpdir(), 'gradebox-fifo-'))
       const fifo = join(directory, 'fifo')
       execFileSync('mkfifo', [fifo])
       await sandboxed('true')
       // Nobody writes, so each read waits in its thread.
       let opened = 0
       for (let thread = 0; thread < 4; thread++) open(fifo, 'r', (_, fd) => { opened++; closeSync(fd) })
       for (const size of ['0', '1000000', '1000001', '1000002']) {
         const { status, stdout } = await sandboxed('head', ['-c', size, '/dev/zero'], { limits: { walltime: '10s' } })
         console.log(status, stdout.length)
       }
       console.log('opened', opened)
       openSync(fifo, 'r+')
       rmSync(directory, { recursive: true })`,
    )
    expect(run).toMatchInlineSnapshot(`
      {
        "code": 0,
        "stderr": "",
        "stdout": "exited 0
      exited 1000000
      exited 1000001
      exited 1000002
      opened 0
      ",
      }
    `)
  })

  test('has no character broken where two writes meet', async () => {
    const run = await runShell('printf "\\303"; sleep 0.05; printf "\\251\\n"')
    expect(run.stdout).toBe('é\n')
  })
})

describe('stdout and stderr', () => {
  test('are pipes', async () => {
    const run = await runShell('readlink /proc/self/fd/1 /proc/self/fd/2')
    expect(run.stdout).toMatch(/^pipe:\[(\d+)\]\npipe:\[(?!\1\])\d+\]\n$/)
  })

  test('can be opened again as /dev/stdout, /dev/stderr and /dev/fd', async () => {
    const run = await runShell(
      'echo a >/dev/stdout; echo b >/proc/self/fd/1; echo c >>/dev/fd/1; echo d | tee /dev/stderr',
    )
    expect(run.stdout).toBe('a\nb\nc\nd\n')
    expect(run.stderr).toBe('d\n')
  })

  test('may be closed, and the run continues', async () => {
    const run = await runShell('exec >&- 2>&-; exit 7')
    expect(run).toExitWith(7)
  })

  test('that are ignored are /dev/null and count for no output limit', async () => {
    const run = await runShell(
      'head -c 1000000 /dev/zero; echo kept >&2; exec 3>&1; readlink /proc/self/fd/3 >&2',
      {
        stdout: 'ignore',
        limits: { output: 1000 },
      },
    )
    expect(run).toSucceed()
    expect(run.stdout).toBe('')
    expect(run.stderr).toBe('kept\n/dev/null\n')
    expect(await runShell('echo out; echo err >&2', { stderr: 'ignore' })).toMatchObject({
      stdout: 'out\n',
      stderr: '',
    })
  })

  test('that are inherited are the streams of this process', async () => {
    const run = await runNode(
      `import { sandboxed } from 'gradebox-under-test'
       const run = await sandboxed('sh', ['-c', 'echo out; echo err >&2'], { stdout: 'inherit', stderr: 'inherit' })
       process.stdout.write(JSON.stringify([run.status, run.stdout, run.stderr]))`,
    )
    expect(run).toEqual({ code: 0, stdout: 'out\n["exited","",""]', stderr: 'err\n' })
  })
})

describe('live output', () => {
  test('arrives while the program runs', async () => {
    const run = runShell('echo first; read answer; echo "$answer"', { stdin: 'pipe' })
    const chunks = run.stdout[Symbol.asyncIterator]()
    expect(String((await chunks.next()).value)).toBe('first\n')
    run.stdin?.end('second\n')
    expect(String((await chunks.next()).value)).toBe('second\n')
    expect((await chunks.next()).done).toBe(true)
    expect(await run).toHaveStdout('first\nsecond\n')
  })

  test('contains the output from before the caller asked for it', async () => {
    const run = runShell('echo early')
    await run
    expect(await textOf(run.stdout)).toBe('early\n')
    expect(await textOf(run.stderr)).toBe('')
  })

  test('ends also when there is no output: ignored, aborted, or a run that could not start', async () => {
    const ignored = sandboxed('echo', ['x'], { stdout: 'ignore' })
    expect(await textOf(ignored.stdout)).toBe('')
    const impossible = sandboxed('true', [], { workdir: '/nonexistent' })
    impossible.catch(() => {})
    expect(await textOf(impossible.stdout)).toBe('')
    const aborted = sandboxed('true', [], { signal: AbortSignal.abort() })
    expect(await textOf(aborted.stderr)).toBe('')
    const wrong = sandboxed('true', [], { cwd: 'relative' })
    wrong.catch(() => {})
    expect(await textOf(wrong.stdout)).toBe('')
  })

  test.skipIf(sandboxLacks('python3'))('is complete however large', async () => {
    const run = runPython('import sys; sys.stdout.write("0123456789" * 300000)')
    const live = await textOf(run.stdout)
    expect(live.length).toBe(3_000_000)
    expect((await run).stdout === live).toBe(true)
  })
})

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
