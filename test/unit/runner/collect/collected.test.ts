import { describe, expect, test, vi } from 'vitest'
import { COLLECT_MAX_BYTES } from '../../../../src/launcher/plan/collect-steps.ts'
import { collectFiles, READ_BYTES } from '../../../../src/runner/collect/collected.ts'
import { finish } from '../../../../src/work.ts'

type CollectRecord = Parameters<typeof collectFiles>[1][number]

const [ENOENT, ENXIO, EACCES, ENOTDIR, EINVAL, ENOSPC, ELOOP] = [2, 6, 13, 20, 22, 28, 40]
const REGULAR = 0o100644

const record = (changes: Partial<CollectRecord> = {}): CollectRecord => ({
  kind: 'collect',
  result: 8,
  mode: REGULAR,
  sizeBytes: 0,
  copiedBytes: 0,
  ...changes,
})

const whole = (sizeBytes: number) => record({ sizeBytes, copiedBytes: sizeBytes })

/** Collects from bytes that lie one after another, as in the memfd. */
function collect(contents: string, files: Readonly<Record<string, CollectRecord>>) {
  const bytes = Buffer.from(contents)
  return finish(
    collectFiles(Object.keys(files), Object.values(files), (buffer, position) =>
      bytes.copy(buffer, 0, position, position + buffer.length),
    ),
  )
}

describe('collected files', () => {
  test('are separated by their sizes, in their order', () => {
    const { files, uncollected } = collect('onethree', {
      'a.txt': whole(3),
      'empty.txt': whole(0),
      '/work/b.txt': whole(5),
    })
    expect(
      Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
    ).toEqual([
      ['a.txt', 'one'],
      ['empty.txt', ''],
      ['/work/b.txt', 'three'],
    ])
    expect(uncollected).toEqual({})
  })

  test.each([ENOENT, ENOTDIR])('that are missing are in neither list (errno %d)', (errno) => {
    const collected = collect('x', { 'none.txt': record({ result: -errno, mode: 0 }), a: whole(1) })
    expect(collected.uncollected).toEqual({})
    expect(Object.keys(collected.files)).toEqual(['a'])
  })

  test.each([
    ['is or is behind a symbolic link', { result: -ELOOP, mode: 0 }],
    ['EACCES: permission denied', { result: -EACCES, mode: 0 }],
    ['ENXIO: no such device or address', { result: -ENXIO, mode: 0 }],
    ['is a directory', { mode: 0o040755, copiedBytes: -EINVAL }],
    ['is a FIFO', { mode: 0o010644, copiedBytes: -EINVAL }],
    ['is a socket', { mode: 0o140644, copiedBytes: -EINVAL }],
    ['is a device', { mode: 0o020666, copiedBytes: COLLECT_MAX_BYTES }],
    ['is a device', { mode: 0o060666 }],
    ['is not a regular file', { mode: 0 }],
    ['ENOSPC: no space left on device', { sizeBytes: 5, copiedBytes: -ENOSPC }],
    ['is larger than 64 MiB: 1 GiB', { sizeBytes: 1024 ** 3, copiedBytes: COLLECT_MAX_BYTES }],
  ])('that cannot be brought back have a reason: %s', (reason, changes) => {
    const position: number[] = []
    const { files, uncollected } = finish(
      collectFiles(['bad', 'good'], [record(changes), whole(4)], (buffer, start) => {
        position.push(start)
        buffer.fill(120)
        return buffer.length
      }),
    )
    expect(uncollected).toEqual({ bad: reason })
    expect(Buffer.from(files.good ?? []).toString()).toBe('xxxx')
    expect(position).toEqual([Math.max(0, record(changes).copiedBytes)])
  })

  test('of exactly the largest size are brought back, in pieces', () => {
    const record = whole(COLLECT_MAX_BYTES)
    const read = vi.fn((buffer: Uint8Array) => buffer.length)
    const work = collectFiles(['a'], [record], read)
    const pieces = [...work].length
    expect(pieces).toBeGreaterThan(COLLECT_MAX_BYTES / READ_BYTES)
    const { files } = finish(collectFiles(['a'], [record], read))
    expect(files.a?.length).toBe(COLLECT_MAX_BYTES)
  })

  test('are absent when the caller names none', () => {
    expect(collect('', {})).toEqual({ files: {}, uncollected: {} })
  })

  test('that were copied in part are not returned as whole', () => {
    const { files, uncollected } = collect('half, and the next', {
      'a.txt': record({ sizeBytes: 2048, copiedBytes: 6 }),
      'none.txt': record({ sizeBytes: 5, copiedBytes: 0 }),
      'b.txt': whole(12),
    })
    expect(uncollected).toMatchInlineSnapshot(`
      {
        "a.txt": "only 6 B of 2 KiB could be read",
        "none.txt": "only 0 B of 5 B could be read",
      }
    `)
    expect(Object.keys(files)).toEqual(['b.txt'])
    expect(Buffer.from(files['b.txt'] ?? []).toString()).toBe('and the next')
  })

  test('that grew during the copy have the length that was copied', () => {
    const { files } = collect('longer', { 'a.txt': record({ sizeBytes: 4, copiedBytes: 6 }) })
    expect(Buffer.from(files['a.txt'] ?? []).toString()).toBe('longer')
  })

  test('that are not where the report says cause an error of Gradebox', () => {
    expect(() => collect('on', { 'a.txt': whole(3) })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: The collected files are shorter than was reported
        see: docs/errors.md#setup_failed]
    `,
    )
  })
})
