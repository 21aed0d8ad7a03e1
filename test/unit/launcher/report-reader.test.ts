import { describe, expect, test } from 'vitest'
import { ReportReader } from '../../../src/runner/launcher/report/reader.ts'
import { RECORD, type RecordName } from '../../../src/runner/launcher/report/records.ts'

const record = (kind: RecordName): Buffer => {
  const bytes = Buffer.alloc(RECORD[kind].size)
  bytes.set(RECORD[kind].tag)
  return bytes
}

const none = { onStarted: () => {}, onLogged: () => {} }

describe('a report', () => {
  test.each([
    ['records', Buffer.concat([record('started'), record('end')])],
    ['a record of which a part is missing', record('end').subarray(0, 100)],
    ['nothing', Buffer.alloc(0)],
    ['bytes that nobody writes', Buffer.from('nonsense and more')],
  ])('is kept as it comes: %s', (_, report) => {
    const reader = new ReportReader(none)
    reader.add(report)
    expect(reader.rest()).toEqual(report)
  })

  test('tells the init’s process id at once, and only then', () => {
    const started = record('started')
    started.writeBigUInt64LE(4321n, 8)
    const told: number[] = []
    const reader = new ReportReader({ ...none, onStarted: (init) => told.push(init) })
    reader.add(started.subarray(0, 15))
    expect(told).toEqual([])
    reader.add(started.subarray(15))
    reader.add(record('end'))
    expect(told).toEqual([4321])
  })

  // A program's first bytes are in the report: it may have what looks like a record there.
  test('tells nothing of what a record contains', () => {
    const exec = record('exec')
    exec.set(RECORD.started.tag, exec.length - RECORD.started.size)
    const reader = new ReportReader({ ...none, onStarted: () => expect.unreachable() })
    reader.add(exec)
    expect(reader.rest()).toEqual(exec)
  })
})

describe('logged calls', () => {
  const logged = (number: number): Buffer => {
    const bytes = record('logged')
    bytes.writeInt32LE(number, 8 + 16)
    return bytes
  }

  test('are handed on as they come, in whatever pieces, and not kept', () => {
    const report = Buffer.concat([
      record('started'),
      ...[1, 2, 3].map(logged),
      record('end'),
      logged(4),
    ])
    for (const size of [1, 7, 100, report.length]) {
      const numbers: number[] = []
      const reader = new ReportReader({ ...none, onLogged: ({ syscall }) => numbers.push(syscall) })
      for (let at = 0; at < report.length; at += size) reader.add(report.subarray(at, at + size))
      expect(numbers).toEqual([1, 2, 3, 4])
      expect(reader.rest()).toEqual(Buffer.concat([record('started'), record('end')]))
    }
  })
})
