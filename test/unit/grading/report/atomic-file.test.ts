import { spawn, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkReportFile, writeFileAtomically } from '../../../../src/grading/report/atomic-file.ts'

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

test('a folder that the kernel refuses causes an error, not an endless loop', () => {
  const path = '/proc/no/such/report.json'
  for (const write of [() => checkReportFile(path), () => writeFileAtomically(path, 'x')]) {
    expect(write).toThrow("ENOENT: no such file or directory, mkdir '/proc/no'")
  }
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

const unwritable: [what: string, reason: string, make: (path: string) => void][] = [
  ['a directory', 'it is a directory', (path) => mkdirSync(path)],
  [
    'a link',
    'it is a symbolic link, which a report does not follow',
    (path) => symlinkSync('/nowhere', path),
  ],
  [
    'a pipe without a reader',
    'it is a pipe that no process reads',
    (path) => spawnSync('mkfifo', [path]),
  ],
  [
    'a file without write permission',
    'it is read-only',
    (path) => writeFileSync(path, '', { mode: 0o444 }),
  ],
  ['below a file', 'ENOTDIR: not a directory', (path) => writeFileSync(join(path, '..'), '')],
]
const named = (path: string, reason: string) =>
  new RegExp(
    `^The report ${path} could not be written: ${reason}[^\\n]*\\n {2}hint: Choose another path for the report, one that this user can write to\\.\\n {2}see: docs/errors\\.md#setup_failed$`,
  )

test.each(unwritable)('%s is refused by name, before and at the write', (what, reason, make) => {
  const path = join(directory, what === 'below a file' ? 'file/report.json' : 'report.json')
  make(path)
  expect(() => checkReportFile(path)).toThrow(named(path, reason))
  expect(() => writeFileAtomically(path, 'text')).toThrow(named(path, reason))
  expect(readdirSync(directory)).toHaveLength(1)
})

test('the check writes nothing, and makes a missing directory', () => {
  checkReportFile(join(directory, 'new/report.json'))
  expect(readdirSync(join(directory, 'new'))).toEqual([])
})

test('a pipe with a reader gets the whole report', () => {
  const path = join(directory, 'pipe')
  spawnSync('mkfifo', [path])
  const reader = spawn('cat', [path], {
    stdio: ['ignore', openSync(join(directory, 'copy'), 'w'), 'ignore'],
  })
  const report = 'line\n'.repeat(100_000)
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      writeFileAtomically(path, report)
      break
    } catch (error) {
      // The reader has not started yet.
      if (Date.now() > deadline) throw error
    }
  }
  return new Promise<void>((resolve) => {
    reader.once('exit', () => {
      expect(readFileSync(join(directory, 'copy'), 'utf8')).toBe(report)
      resolve()
    })
  })
})
