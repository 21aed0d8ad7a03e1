import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { closeDescriptor, makePipe } from '../../../src/ffi/libc.ts'
import { RECORD } from '../../../src/runner/launcher/report/records.ts'
import { Report } from '../../../src/runner/run/report.ts'

const SOON_MS = 50

const record = (kind: 'started' | 'stopped'): Buffer =>
  Buffer.concat([RECORD[kind].tag], RECORD[kind].size)

function start() {
  const { read, write } = makePipe(0)
  const started: number[] = []
  const report = new Report(read, { onStarted: (init) => started.push(init), onLogged: () => {} })
  return { report, started, read, write }
}

const isOpen = (fd: number): boolean => {
  try {
    closeDescriptor(fd)
    return true
  } catch {
    return false
  }
}

describe('a report', () => {
  test('is read at once, as far as it has come', () => {
    const { report, started, write } = start()
    expect(report.readNext(0)).toBe(false)
    writeSync(write, record('started'))
    expect(report.readNext(0)).toBe(true)
    expect(started).toEqual([0])
    expect(report.readNext(0)).toBe(false)
    report.close()
    closeDescriptor(write)
  })

  test('whose end comes soon is read without the event loop, and closed', async () => {
    const { report, read, write } = start()
    writeSync(write, Buffer.concat([record('started'), record('stopped')]))
    closeDescriptor(write)
    const done = report.readToEnd(SOON_MS)
    expect(isOpen(read)).toBe(false)
    await done
    expect(report.records().map(({ kind }) => kind)).toEqual(['started', 'stopped'])
    expect(report.readNext(-1)).toBe(false)
    await report.readByLoop()
    report.close()
  })

  test('whose end does not come soon is read by the event loop', async () => {
    const { report, write } = start()
    writeSync(write, record('started'))
    const done = report.readToEnd(1)
    await sleep(20)
    writeSync(write, record('stopped'))
    closeDescriptor(write)
    await done
    expect(report.records().map(({ kind }) => kind)).toEqual(['started', 'stopped'])
    expect(report.readNext(-1)).toBe(false)
  })

  test('that is read by the event loop keeps no process alive in the background', async () => {
    const pipes = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
    const before = pipes()
    const { report, write } = start()
    const done = report.readByLoop(true)
    expect(pipes()).toBe(before)
    closeDescriptor(write)
    await done
  })

  test('may be let go of unread', () => {
    const { report, read, write } = start()
    report.close()
    expect(isOpen(read)).toBe(false)
    report.close()
    expect(report.readNext(-1)).toBe(false)
    closeDescriptor(write)
  })
})
