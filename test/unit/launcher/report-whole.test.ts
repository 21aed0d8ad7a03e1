import { describe, expect, test } from 'vitest'
import { isWhole } from '../../../src/runner/launcher/report/parse.ts'
import { RECORD, type RecordName } from '../../../src/runner/launcher/report/records.ts'

const record = (kind: RecordName): Buffer => {
  const bytes = Buffer.alloc(RECORD[kind].size)
  bytes.set(RECORD[kind].tag)
  return bytes
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
