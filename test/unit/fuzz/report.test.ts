import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSandboxError } from '../../../src/errors/sandbox-error.ts'
import { parseReport, recordAt } from '../../../src/launcher/report/parse-report.ts'
import { RECORD, type RecordName } from '../../../src/launcher/report/records.ts'
import { collectFiles } from '../../../src/runner/collect/collected.ts'
import { Output } from '../../../src/runner/io/capture.ts'
import { isolationOf } from '../../../src/runner/isolation/isolation-of.ts'
import { judgeRun } from '../../../src/runner/judge/judge-run.ts'
import { normalizeOptions } from '../../../src/runner/options/normalize.ts'
import type { SandboxResult } from '../../../src/runner/result.ts'
import { LoggedCalls } from '../../../src/seccomp/decode/logged-calls.ts'
import { finish } from '../../../src/work.ts'

const names = Object.keys(RECORD) as RecordName[]

/** A record of the launch program, with any content. */
const record = fc.constantFrom(...names).chain((name) => {
  const { tag, size } = RECORD[name]
  const length = size - tag.length
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((body) => Buffer.concat([tag, body]))
})
const records = fc.array(record, { maxLength: 8 }).map((parts) => Buffer.concat(parts))
const damaged = fc
  .tuple(records, fc.nat(), fc.uint8Array({ maxLength: 20 }))
  .map(([report, where, junk]) => {
    const at = report.length === 0 ? 0 : where % report.length
    return Buffer.concat([report.subarray(0, at), junk, report.subarray(at)])
  })
const anything = fc.oneof(
  records,
  damaged,
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
)

const options = normalizeOptions('true', [], { collect: ['a', 'b'] }, {})
const statuses = 'exited signaled walltime cpu memory output seccomp aborted'.split(' ')

const resultOf = (report: Buffer): SandboxResult<string | Uint8Array> =>
  judgeRun(options, {
    records: parseReport(report),
    output: new Output(undefined, 'utf8', () => {}),
    awaitsInput: false,
    attempts: 1,
    processors: 1,
    filter: { instructions: 1, report: 'listener', by: 'init' },
    logged: new LoggedCalls(),
    init: undefined,
    held: { enforcement: {}, exceeded: undefined, seen: undefined, group: undefined },
    isolation: isolationOf('full', options.policy, undefined),
    exceededDiskBytes: undefined,
    collected: finish(
      collectFiles(
        options.collect,
        parseReport(report).filter((record) => record.kind === 'collect'),
        (buffer) => Math.min(buffer.length, 100),
      ),
    ),
  })

describe('a report with any bytes', () => {
  test('gives a result in its promised form, or a SandboxError', () => {
    fc.assert(
      fc.property(anything, (report) => {
        recordAt(report, 0)
        try {
          const { status, ok, exitCode, signal, usage, files } = resultOf(report)
          expect(statuses).toContain(status)
          expect(ok).toBe(status === 'exited' && exitCode === 0)
          expect([exitCode, signal].filter((each) => each !== undefined).length).toBeLessThan(2)
          expect(Object.values(usage).every(Number.isFinite)).toBe(true)
          for (const file of Object.values(files)) expect(file.length).toBeLessThan((64 << 20) + 1)
        } catch (error) {
          if (!isSandboxError(error)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('without the init’s last record gives no result, because half a record cannot judge a program', () => {
    const withoutEnd = fc
      .array(record.filter((bytes) => !bytes.subarray(0, 8).equals(RECORD.end.tag)))
      .map((parts) => Buffer.concat(parts))
    fc.assert(
      fc.property(withoutEnd, (report) => {
        try {
          resultOf(report)
          return false
        } catch (error) {
          return isSandboxError(error)
        }
      }),
    )
  })
})
