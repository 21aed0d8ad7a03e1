import { describe, expect, test } from 'vitest'
import { parseReport } from '../../../src/launcher/report/parse-report.ts'
import { RECORD, type RecordName } from '../../../src/launcher/report/records.ts'

type Field = readonly [offset: number, value: number | bigint, size?: 2 | 4 | 8]

/** A record of the launch program: the tag, and numbers at offsets after it. */
function record(kind: RecordName, ...fields: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(RECORD[kind].size)
  bytes.set(RECORD[kind].tag)
  for (const [offset, value, size = 8] of fields) {
    const whole = BigInt.asUintN(size * 8, BigInt(value))
    if (size === 8) bytes.writeBigUInt64LE(whole, 8 + offset)
    else if (size === 4) bytes.writeUInt32LE(Number(whole), 8 + offset)
    else bytes.writeUInt16LE(Number(whole), 8 + offset)
  }
  return bytes
}

describe('a report', () => {
  test('that is empty has no records', () => {
    expect(parseReport(Buffer.alloc(0))).toEqual([])
  })

  test('names the step that failed, and its result', () => {
    expect(parseReport(record('failure', [0, 0x1000_0240], [8, -17]))).toEqual([
      { kind: 'failure', stepAddress: 0x1000_0240, result: -17 },
    ])
  })

  test.each(['stopped', 'tampered'] as const)('names the cause that ended the run: %s', (kind) => {
    expect(parseReport(record(kind))).toEqual([{ kind }])
  })

  test('has the denied call as the kernel described it', () => {
    // struct seccomp_notif: id, pid, flags, then struct seccomp_data: nr, arch, ip, args.
    const args = [2, 524289, 0, 2n ** 63n, 2n ** 64n - 1n, 5].map(BigInt)
    const denied = record(
      'seccomp',
      [0, 0x1234_5678_9abcn],
      [8, 77, 4],
      [12, 0, 4],
      [16, 41, 4],
      [20, 0xc000_003e, 4],
      [24, 0x7fff_0000_1234n],
      ...args.map((arg, index): Field => [32 + index * 8, arg]),
    )
    expect(parseReport(denied)).toEqual([
      { kind: 'seccomp', syscall: 41, auditArch: 0xc000_003e, args },
    ])
  })

  test('has the numbers of the notifications before the program started and after its end', () => {
    const [before, after] = [2n ** 64n - 1n, 9n]
    expect(parseReport(record('counted', [0, before], [80, after]))).toEqual([
      { kind: 'counted', before, after },
    ])
  })

  const [RUSAGE, BEFORE, COUNTER] = [40, 40 + 144, 40 + 2 * 144]
  /** struct rusage: user and system time, resident set, page faults at 8 and 9, switches at 16 and 17. */
  const rusage = (offset: number, ...longs: readonly number[]) =>
    longs.map((value, index): Field => [offset + index * 8, value])

  test('has the program’s end, its times in milliseconds and its memory in bytes', () => {
    const end = record(
      'end',
      [0, 0x0700],
      [8, 100],
      [16, 999_000_000],
      [24, 102],
      [32, 1_000_000],
      ...rusage(RUSAGE, 1, 500_000, 2, 250_000, 3000, 0, 0, 0, 12, 3, 0, 0, 0, 0, 0, 0, 7, 9),
      [COUNTER, 3_800_000_000],
    )
    expect(end).toHaveLength(368)
    expect(parseReport(end)).toEqual([
      {
        kind: 'end',
        status: 0x0700,
        answered: 0n,
        endedMs: 102_001,
        wallTimeMs: 1002,
        rusage: {
          userTimeMs: 1500,
          systemTimeMs: 2250,
          maxRssBytes: 3000 * 1024,
          minorPageFaults: 12,
          majorPageFaults: 3,
          voluntaryContextSwitches: 7,
          involuntaryContextSwitches: 9,
        },
        countedMs: 3800,
      },
    ])
  })

  test('has the last refused request for memory, and the number of the last answer', () => {
    const end = record('end', [COUNTER, -1], [COUNTER + 8, 77], [COUNTER + 16, 1n << 50n])
    expect(parseReport(end)).toMatchObject([{ answered: 77n, refusedBytes: 1n << 50n }])
  })

  test('has the error for which the init could not enlarge a file', () => {
    expect(parseReport(record('end', [COUNTER, -1], [COUNTER + 24, -1]))).toMatchObject([
      { copyErrno: 1 },
    ])
    expect(parseReport(record('end', [COUNTER, -1], [COUNTER + 24, 9]))[0]).not.toHaveProperty(
      'copyErrno',
    )
  })

  test('does not count the usage of the init’s helpers', () => {
    const end = record(
      'end',
      ...rusage(RUSAGE, 1, 500_000, 2, 250_000, 3000, 0, 0, 0, 12, 3, 0, 0, 0, 0, 0, 0, 7, 9),
      ...rusage(BEFORE, 0, 200_000, 2, 50_000, 2999, 0, 0, 0, 10, 3, 0, 0, 0, 0, 0, 0, 6, 10),
    )
    expect(parseReport(end)).toMatchObject([
      {
        rusage: {
          userTimeMs: 1300,
          systemTimeMs: 200,
          // The maximum of one process, not the sum.
          maxRssBytes: 3000 * 1024,
          minorPageFaults: 2,
          majorPageFaults: 0,
          voluntaryContextSwitches: 1,
          involuntaryContextSwitches: 0,
        },
      },
    ])
  })

  test('has the reason why a program could not be executed, with the file’s first bytes', () => {
    const bytes = record('exec', [0, -8], [8, 0])
    bytes.write('#!/bin/nope\n', 24)
    const [parsed] = parseReport(bytes)
    expect(parsed).toMatchObject({ kind: 'exec', result: -8, access: 0 })
    const head = parsed?.kind === 'exec' ? Buffer.from(parsed.head) : Buffer.alloc(0)
    expect(head).toHaveLength(1024)
    expect(head.toString('latin1', 0, 12)).toBe('#!/bin/nope\n')
  })

  test('has the outcome for each file to collect', () => {
    // struct statx: stx_mode at 28, stx_size at 40.
    const bytes = record(
      'collect',
      [0, 8],
      [8 + 28, 0o100644, 2],
      [8 + 40, 5_000_000_000],
      [264, -22],
    )
    expect(parseReport(bytes)).toEqual([
      {
        kind: 'collect',
        result: 8,
        mode: 0o100644,
        sizeBytes: 5_000_000_000,
        copiedBytes: -22,
      },
    ])
  })

  test('has the init’s process id', () => {
    expect(parseReport(record('started', [0, 4321]))).toEqual([{ kind: 'started', init: 4321 }])
  })

  test('has its records in the order in which they were written', () => {
    const kinds: RecordName[] = ['seccomp', 'end', 'collect', 'collect', 'stopped']
    const parsed = parseReport(Buffer.concat(kinds.map((kind) => record(kind))))
    expect(parsed.map(({ kind }) => kind)).toEqual(kinds)
  })
})

describe('bytes that the launch program does not write', () => {
  test('are refused, with their position', () => {
    const damaged = Buffer.concat([record('stopped'), Buffer.from('walltime')])
    expect(() => parseReport(damaged)).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: The launch program's report is damaged at 8
        see: docs/errors.md#setup_failed]
    `,
    )
  })

  test.each(Object.keys(RECORD) as RecordName[])(
    'are refused when a record is cut short: %s',
    (kind) => {
      const whole = record(kind)
      for (const length of [whole.length - 1, 9, 8, 1]) {
        if (length >= whole.length) continue
        expect(() => parseReport(whole.subarray(0, length))).toThrow(
          length < 8 ? 'is damaged at 0' : "The launch program's report is cut short",
        )
      }
    },
  )

  test('never make a record of another kind', () => {
    const tags = Object.values(RECORD).map(({ tag }) => Buffer.from(tag).toString('latin1'))
    expect(new Set(tags).size).toBe(tags.length)
    for (const tag of tags) expect(tag).toHaveLength(8)
  })
})
