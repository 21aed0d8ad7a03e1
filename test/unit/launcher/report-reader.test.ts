import { describe, expect, test } from 'vitest'
import { parseReport } from '../../../src/launcher/report/parse-report.ts'
import { ReportReader } from '../../../src/launcher/report/reader.ts'
import { RECORD, type RecordName } from '../../../src/launcher/report/records.ts'

const record = (kind: RecordName): Buffer => {
  const bytes = Buffer.alloc(RECORD[kind].size)
  bytes.set(RECORD[kind].tag)
  return bytes
}

const none = { onStarted: () => {}, onLogged: () => {} }

describe('a report', () => {
  test('is passed on record by record, however it is split', () => {
    const report = Buffer.concat([record('started'), record('walltime'), record('end')])
    for (const size of [1, 7, 100, report.length]) {
      const reader = new ReportReader(none)
      for (let at = 0; at < report.length; at += size) reader.add(report.subarray(at, at + size))
      expect(reader.records()).toEqual(parseReport(report))
    }
    expect(new ReportReader(none).records()).toEqual([])
  })

  test.each([
    ['a record of which a part is missing', record('end').subarray(0, 100), /is cut short\n/],
    ['bytes that nobody writes', Buffer.from('nonsense and more'), /is damaged at 0\n/],
  ])('is refused with %s', (_, report, message) => {
    const reader = new ReportReader(none)
    reader.add(record('started'))
    reader.add(report)
    expect(() => reader.records()).toThrow(message)
  })

  test('gives the init’s process id at once, but not earlier', () => {
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

  // A program's first bytes are in the report, and may look like a record.
  test('reads no record inside the content of another', () => {
    const exec = record('exec')
    exec.set(RECORD.started.tag, exec.length - RECORD.started.size)
    const reader = new ReportReader({ ...none, onStarted: () => expect.unreachable() })
    reader.add(exec)
    expect(reader.records()).toMatchObject([{ kind: 'exec' }])
  })
})

describe('logged calls', () => {
  const logged = (number: number): Buffer => {
    const bytes = record('logged')
    bytes.writeInt32LE(number, 8 + 16)
    return bytes
  }

  test('are passed on as they arrive, however they are split, and are not kept', () => {
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
      expect(reader.records()).toMatchObject([{ kind: 'started' }, { kind: 'end' }])
    }
  })
})
