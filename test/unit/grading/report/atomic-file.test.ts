import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFileAtomically } from '../../../../src/grading/report/atomic-file.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gradebox-atomic-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('a file is replaced, and no other file remains', () => {
  const path = join(directory, 'new/folder/report.json')
  writeFileAtomically(path, 'one')
  writeFileAtomically(path, new Uint8Array([0xff, 0]))
  expect(readFileSync(path)).toEqual(Buffer.from([0xff, 0]))
  expect(readdirSync(join(directory, 'new/folder'))).toEqual(['report.json'])
})

test('a killed process’s half-written file is removed, and a live process’s file remains', () => {
  const { pid: dead } = spawnSync('true')
  const mine = `.report.json.writing-${process.ppid}`
  for (const name of [`.report.json.writing-${dead}`, mine, '.report.json.writing-notes']) {
    writeFileSync(join(directory, name), 'half')
  }
  writeFileAtomically(join(directory, 'report.json'), 'whole')
  expect(readdirSync(directory).sort()).toEqual(
    [mine, '.report.json.writing-notes', 'report.json'].sort(),
  )
})

test('a device is written to, not replaced', () => {
  expect(() => writeFileAtomically('/dev/null', 'text')).not.toThrow()
  expect(spawnSync('test', ['-c', '/dev/null']).status).toBe(0)
})

test('a path that cannot be written is named, with the reason', () => {
  mkdirSync(join(directory, 'report.json/inside'), { recursive: true })
  expect(() => writeFileAtomically(join(directory, 'report.json'), 'text')).toThrow(
    /^The report .*\/report\.json could not be written: EISDIR: .*\n {2}hint: Choose a path in `reports` that this user can write to\.\n {2}see: docs\/errors\.md#setup_failed$/,
  )
  expect(readdirSync(directory)).toEqual(['report.json'])
})
