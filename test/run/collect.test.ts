import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { makeDirectory } from './support/directory.ts'
import { runPython, runShell } from './support/programs.ts'
import { sandboxLacks } from './support/tools.ts'

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

describe('collected files', () => {
  test('come back as bytes, under the path that the caller gave', async () => {
    const run = await runShell(
      'echo one > one; mkdir -p d; printf "\\000\\377" > d/two; echo three > /tmp/three; : > empty',
      { collect: ['one', './d/two', '/work/d/two', '/tmp/three', 'empty'] },
    )
    expect(text(run.files.one)).toBe('one\n')
    expect([...(run.files['./d/two'] ?? [])]).toEqual([0, 255])
    expect([...(run.files['/work/d/two'] ?? [])]).toEqual([0, 255])
    expect(text(run.files['/tmp/three'])).toBe('three\n')
    expect(text(run.files.empty)).toBe('')
    expect(run).toHaveFile('one', 'one\n')
    expect(Object.keys(run.uncollected)).toEqual([])
  })

  test('have paths relative to cwd', async () => {
    const run = await runShell('echo x > f', { cwd: '/tmp', collect: ['f'] })
    expect(text(run.files.f)).toBe('x\n')
  })

  test('are in neither list when they are missing', async () => {
    const run = await runShell('touch f', { collect: ['missing', 'no/such/dir', 'f/x'] })
    expect(Object.keys(run.files)).toEqual([])
    expect(Object.keys(run.uncollected)).toEqual([])
    expect(run).not.toHaveFile('missing')
  })

  test('come back after a crash, a kill, and a run that reached its walltime', async () => {
    const collect = ['f']
    const limits = { walltime: '300ms' }
    for (const end of ['kill -SEGV $$', 'exit 3', 'sleep 1000']) {
      const run = await runShell(`echo partial > f; ${end}`, { collect, limits })
      expect(text(run.files.f)).toBe('partial\n')
    }
    const run = runShell('echo partial > f; echo started; sleep 1000', { collect })
    run.stdout.once('data', () => run.kill())
    const result = await run
    expect(result.status).toBe('aborted')
    expect(text(result.files.f)).toBe('partial\n')
  })

  test('may come from the working directory, changed or unchanged', async () => {
    const workdir = makeDirectory({ 'a b': 'old\n', kept: 'kept\n' })
    const run = await runShell('echo new > "a b"', { workdir, collect: ['a b', 'kept'] })
    expect(text(run.files['a b'])).toBe('new\n')
    expect(text(run.files.kept)).toBe('kept\n')
  })

  test('may have any name', async () => {
    const names = ['__proto__', 'constructor', 'new\nline', 'ü', '-rf']
    const run = await sandboxed('touch', ['--', ...names], { collect: names })
    expect(Object.keys(run.files).sort()).toEqual([...names].sort())
  })

  test('of several megabytes are complete', async () => {
    const run = await runShell('head -c 5000000 /dev/zero > a; head -c 5000001 /dev/zero > b', {
      collect: ['a', 'b'],
    })
    expect(run.files.a?.length).toBe(5_000_000)
    expect(run.files.b?.length).toBe(5_000_001)
  })

  test('come back although nobody may read them', async () => {
    const run = await runShell('echo secret > f; chmod 000 f', { collect: ['f'] })
    // The owner of a file has no other rights than the program: a file that the program cannot read stays there.
    expect(run.uncollected.f ?? text(run.files.f)).toBe('EACCES: permission denied')
  })
})

describe('a file that is not regular is not collected, and the result names the reason', () => {
  test.each([
    ['a directory', 'mkdir x', 'is a directory'],
    ['a FIFO', 'mkfifo x', 'is a FIFO'],
    ['a link to a file', 'echo y > y; ln -s y x', 'is or is behind a symbolic link'],
    ['a link to the host’s files', 'ln -s /etc/shadow x', 'is or is behind a symbolic link'],
    ['a link in a loop', 'ln -s x x', 'is or is behind a symbolic link'],
    ['a magic link', 'ln -s /proc/self/fd/0 x', 'is or is behind a symbolic link'],
  ])('%s', async (_, script, why) => {
    const run = await runShell(script, { collect: ['x'] })
    expect(run).toSucceed()
    expect(run.uncollected).toEqual({ x: why })
    expect(Object.keys(run.files)).toEqual([])
  })

  test('a file behind a linked directory', async () => {
    const run = await runShell('mkdir real; echo y > real/f; ln -s real d', { collect: ['d/f'] })
    expect(run.uncollected).toEqual({ 'd/f': 'is or is behind a symbolic link' })
  })

  test.skipIf(sandboxLacks('python3'))('a socket', async () => {
    const run = await runPython(
      'import socket; s = socket.socket(socket.AF_UNIX); s.bind("x"); s.listen()',
      { collect: ['x'] },
    )
    expect(run).toSucceed()
    expect(Object.keys(run.files)).toEqual([])
    expect(run.uncollected.x).toMatch(/ENXIO|is a socket/)
  })

  test('a sparse file of a terabyte', async () => {
    const run = await runShell('truncate -s 1T x', { collect: ['x'], limits: { fileSize: '2TiB' } })
    expect(run).toSucceed()
    expect(run.uncollected).toEqual({ x: 'is larger than 64 MiB: 1 TiB' })
  })

  test('each of these keeps no other file from coming back', async () => {
    const run = await runShell('mkfifo a; mkdir b; ln -s c d; truncate -s 65M e; echo last > f', {
      collect: ['a', 'b', 'd', 'e', 'f', 'missing'],
      limits: { fileSize: '1GiB' },
    })
    expect(text(run.files.f)).toBe('last\n')
    expect(Object.keys(run.uncollected)).toEqual(['a', 'b', 'd', 'e'])
  })
})
