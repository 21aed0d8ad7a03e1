import { describe, expect, test } from 'vitest'
import { ReportReader } from '../../../src/runner/launcher/report/reader.ts'
import { RECORD, type RecordName } from '../../../src/runner/launcher/report/records.ts'

const record = (kind: RecordName): Buffer => {
  const bytes = Buffer.alloc(RECORD[kind].size)
  bytes.set(RECORD[kind].tag)
  return bytes
}

const isWhole = (report: Buffer): boolean => {
  const reader = new ReportReader(() => {})
  reader.add(report)
  expect(reader.rest()).toEqual(report)
  return reader.isWhole
}

describe('a report is whole', () => {
  test('with the keeper’s record, which is the last', () => {
    expect(isWhole(Buffer.concat([record('started'), record('end'), record('keeper')]))).toBe(true)
  })

  test.each(['started', 'end', 'failure'] as const)('not with the record %s', (kind) => {
    expect(isWhole(record(kind))).toBe(false)
  })

  test('not while a part of the last is missing', () => {
    expect(isWhole(record('keeper').subarray(0, 100))).toBe(false)
    expect(isWhole(Buffer.alloc(0))).toBe(false)
  })

  // A program's first bytes are in the report: it may have what looks like the keeper's record there.
  test('not because of what a record contains', () => {
    const exec = record('exec')
    exec.set(RECORD.keeper.tag, exec.length - RECORD.keeper.size)
    expect(isWhole(exec)).toBe(false)
    expect(isWhole(Buffer.concat([exec, record('keeper')]))).toBe(true)
  })

  test('not with bytes that nobody writes', () => {
    expect(isWhole(Buffer.from('nonsense and more'))).toBe(false)
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
      record('keeper'),
    ])
    for (const size of [1, 7, 100, report.length]) {
      const numbers: number[] = []
      const reader = new ReportReader(({ syscall }) => numbers.push(syscall))
      for (let at = 0; at < report.length; at += size) reader.add(report.subarray(at, at + size))
      expect(numbers).toEqual([1, 2, 3, 4])
      expect(reader.isWhole).toBe(true)
      expect(reader.rest()).toEqual(
        Buffer.concat([record('started'), record('end'), record('keeper')]),
      )
    }
  })
})
