import { expect, test } from 'vitest'
import { fabricate, messageOf } from './fabricated.ts'

const run = fabricate({
  files: { 'out.txt': Buffer.from('done\n'), '/tmp/log': Buffer.from([1, 2, 3]) },
  uncollected: { 'core.txt': 'openat2("/work/core.txt"): ENOENT' },
})

test('a collected file is found by its path', () => {
  expect(run).toHaveFile('out.txt')
  expect(run).toHaveFile('/work/out.txt')
  expect(run).toHaveFile('/tmp/log')
  expect(run).not.toHaveFile('log')
})

test('its content is compared like output, or byte by byte', () => {
  expect(run).toHaveFile('out.txt', 'done\n')
  expect(run).toHaveFile('out.txt', /done/)
  expect(run).toHaveFile('out.txt', { tokens: 'done' })
  expect(run).toHaveFile('/tmp/log', new Uint8Array([1, 2, 3]))
})

test('a file that could not be collected is shown with the reason', () => {
  expect(messageOf(() => expect(run).toHaveFile('core.txt'))).toMatchInlineSnapshot(`
    "expect(run).toHaveFile("core.txt")

    Expected: the file "core.txt"
    Received: the files "out.txt", "/tmp/log"

    It could not be collected: openat2("/work/core.txt"): ENOENT

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
})

test('a file that collect does not name is pointed out', () => {
  expect(messageOf(() => expect(run).toHaveFile('other.txt'))).toContain(
    '\n\nThe option `collect` does not name it, so Gradebox did not collect it; it names "out.txt", "/tmp/log", "core.txt".\n\n',
  )
  expect(messageOf(() => expect(fabricate()).toHaveFile('other.txt'))).toContain(
    '\n\nThe option `collect` does not name it, so Gradebox did not collect it; it names no file.\n\n',
  )
})

test.each([
  ['out.txt', 'out.txt', ''],
  ['out.txt', '/work/out.txt', ' ("out.txt")'],
  ['out/', 'out/a/b.txt', ' ("out/")'],
  ['/work/o*/{a,c}/[!x]?.txt', './out/a/bb.txt', ' ("/work/o*/{a,c}/[!x]?.txt")'],
  ['out/**', 'out/a/b.txt', ' ("out/**")'],
])('a file that collect: [%j] names is reported as not written: %s', (named, path, by) => {
  const none = fabricate({ collect: ['x', named] })
  expect(messageOf(() => expect(none).toHaveFile(path))).toContain(
    `\n\nThe option \`collect\` names it${by}, but the program did not write it.\n\n`,
  )
})

test.each([
  ['out/*', 'out/a/b.txt'],
  ['out/**', 'outer/b.txt'],
  ['out/**', 'out'],
  ['../x/*', '/work/x/a'],
])('collect: [%j] does not name %s', (named, path) => {
  expect(messageOf(() => expect(fabricate({ collect: [named] })).toHaveFile(path))).toContain(
    `\n\nThe option \`collect\` does not name it, so Gradebox did not collect it; it names "${named}".\n\n`,
  )
})

test('where collect names a directory like a file, the message says how to name it', () => {
  const none = fabricate({ collect: ['out'] })
  expect(messageOf(() => expect(none).toHaveFile('out/a'))).toContain(
    '\n\nThe option `collect` names "out", which is one file; "out/" names what is in a directory.\n\n',
  )
})

test('the message about a missing file says why a pattern was cut off, or a directory not read', () => {
  const why = 'names more than 3 files; the others were not collected'
  const cut = fabricate({ collect: ['out/*'], uncollected: { 'out/*': why } })
  expect(messageOf(() => expect(cut).toHaveFile('out/z'))).toContain(
    `\n\nIt could not be collected: "out/*" ${why}\n\n`,
  )
  const closed = fabricate({
    collect: ['out/'],
    uncollected: { 'out/d': 'EACCES: permission denied' },
  })
  expect(messageOf(() => expect(closed).toHaveFile('out/d/z'))).toContain(
    '\n\nIt could not be collected: "out/d" EACCES: permission denied\n\n',
  )
})

test('the message shows different content', () => {
  expect(messageOf(() => expect(run).toHaveFile('out.txt', 'done'))).toMatchInlineSnapshot(`
    "expect(run).toHaveFile("out.txt", "done")

    Expected: out.txt "done"
    Received: "done\\n"

    The only difference is the final newline: none was expected.

    - Expected
    + Received

      done
    +

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:  empty
    stderr:  empty"
  `)
  const bytes = () => expect(run).toHaveFile('/tmp/log', new Uint8Array([1, 2, 4]))
  expect(messageOf(bytes)).toContain('The contents differ from byte 2 on.')
})
