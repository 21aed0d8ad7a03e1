import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  readSubmissionFiles,
  writeSubmissionFiles,
} from '../../../../src/grading/languages/submission-files.ts'
import { readTar } from '../../../../src/grading/languages/tar.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gradebox-submission-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function put(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), contents)
}

describe('a submission’s files', () => {
  test('are read by path, without the leftovers of editors and archives', () => {
    for (const path of [
      'b c/d.py',
      'a.py',
      '.git/config',
      '__MACOSX/a.py',
      '._a.py',
      'x/.DS_Store',
    ]) {
      put(path, 'text')
    }
    expect(readSubmissionFiles(directory).map(({ path }) => path)).toEqual(['a.py', 'b c/d.py'])
  })

  test('start in the only folder, where there is nothing else', () => {
    put('homework/src/Main.java', '')
    put('homework/README', '')
    expect(readSubmissionFiles(directory).map(({ path }) => path)).toEqual([
      'README',
      'src/Main.java',
    ])
  })

  test('include no link, so nothing outside is read', () => {
    put('a.py', '')
    symlinkSync('/etc/passwd', join(directory, 'secret.py'))
    symlinkSync('/etc', join(directory, 'etc'))
    execFileSync('mkfifo', [join(directory, 'pipe.py')])
    expect(readSubmissionFiles(directory).map(({ path }) => path)).toEqual(['a.py'])
  })

  test('lose byte order marks and CRLF in sources, not in data', () => {
    const utf16 = Buffer.from('\ufeffa = 1\r\n', 'utf16le')
    put('utf8.py', '\ufeffa = 1\r\n')
    put('utf16.py', utf16)
    put('data.csv', '\ufeffa\r\n')
    put('program', new Uint8Array([0x7f, 0x45, 0, 13, 10]))
    const target = join(directory, 'target')
    mkdirSync(target)
    const files = readSubmissionFiles(directory).filter(({ path }) => !path.startsWith('target'))
    writeSubmissionFiles(files, target)
    expect(readFileSync(join(target, 'utf8.py'), 'utf8')).toBe('a = 1\n')
    expect(readFileSync(join(target, 'utf16.py'), 'utf8')).toBe('a = 1\n')
    expect(readFileSync(join(target, 'data.csv'), 'utf8')).toBe('\ufeffa\r\n')
    expect([...readFileSync(join(target, 'program'))]).toEqual([0x7f, 0x45, 0, 13, 10])
  })

  test('that cannot be read are not the fault of the student', () => {
    const path = join(directory, 'nothing')
    expect(() => readSubmissionFiles(path)).toThrow(
      expect.objectContaining({
        name: 'SandboxError',
        message: expect.stringContaining(
          `The submission cannot be read: ENOENT: no such file or directory, stat '${path}'`,
        ),
      }),
    )
  })
})

describe('a build’s archive', () => {
  const tar = (...args: readonly string[]) =>
    execFileSync('tar', ['-cf', '-', '--format=gnu', ...args])

  test('gives the regular files, with long names and modes', () => {
    const long = `${'folder/'.repeat(30)}file.txt`
    put(long, 'long')
    put('run.sh', 'short')
    execFileSync('chmod', ['755', join(directory, 'run.sh')])
    symlinkSync('/etc/passwd', join(directory, 'link'))
    const files = readTar(tar('-C', directory, '.'))
    expect(files.map(({ path, executable }) => [path, executable]).sort()).toEqual([
      [long, false],
      ['run.sh', true],
    ])
    expect(files.map(({ bytes }) => Buffer.from(bytes).toString()).sort()).toEqual([
      'long',
      'short',
    ])
  })

  test('leads to no file outside of its folder, and throws nothing when it is damaged', () => {
    put('a', 'x')
    const out = tar('-C', directory, '-P', '--transform=s,a,../../a,', 'a')
    expect(readTar(out)).toEqual([])
    expect(readTar(tar('-C', directory, '-P', '--transform=s,a,/etc/a,', 'a'))).toEqual([])
    const whole = tar('-C', directory, 'a')
    for (let length = 0; length < whole.length; length += 100) {
      expect(() => readTar(whole.subarray(0, length))).not.toThrow()
    }
    expect(readTar(new Uint8Array(1024).fill(0xff))).toEqual([])
  })
})
