import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { strToU8, type Zippable, zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unpackExport } from '../../../../src/grading/submissions/exports/unpack.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradebox-exports-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const isSource = (name: string) => name.endsWith('.py') || name === 'Makefile'
const PROGRAM = 'print(1)\n'

/** Writes a zip file of these texts, nested zips as bytes, and returns its path. */
function zipOf(files: Readonly<Record<string, string | Uint8Array | Zippable[string]>>): string {
  const path = join(folder, 'export.zip')
  writeFileSync(path, zipBytes(files))
  return path
}

function zipBytes(files: Readonly<Record<string, unknown>>): Uint8Array {
  const entries = Object.entries(files).map(([name, contents]) => [
    name,
    typeof contents === 'string' ? strToU8(contents) : contents,
  ])
  return zipSync(Object.fromEntries(entries))
}

function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = join(folder, 'export')
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), contents)
  }
  return root
}

/** The contents of an export: the files of each submission, or the reason of its refusal. */
async function contentsOf(source: string): Promise<Record<string, unknown>> {
  const into = join(folder, 'into')
  const found = await unpackExport(source, into, isSource)
  return Object.fromEntries(
    found.map(({ id, path, refused }) => [
      id,
      refused ?? (statSync(path ?? '').isFile() ? 'file' : filesIn(path ?? '').sort()),
    ]),
  )
}

const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))

describe.each(['zip', 'folder'] as const)('as a %s', (kind) => {
  const exported = kind === 'zip' ? zipOf : folderOf

  test('a folder of folders', async () => {
    const source = exported({ 'ada/main.py': PROGRAM, 'bob/src/a.py': PROGRAM })
    expect(await contentsOf(source)).toEqual({ ada: ['main.py'], bob: ['src/a.py'] })
  })

  test('a zip file per student', async () => {
    const source = exported({ 'ada.zip': zipBytes({ 'main.py': PROGRAM }), 'read me.txt': '' })
    expect(await contentsOf(source)).toEqual({ ada: ['main.py'] })
  })

  test('Moodle with a folder per student, and texts written online', async () => {
    const source = exported({
      'Ada Lovelace_1042_assignsubmission_file/main.py': PROGRAM,
      'Ada Lovelace_1042_assignsubmission_onlinetext/onlinetext.html': '<p>',
      'Bob_77_assignsubmission_file_/main.py': PROGRAM,
    })
    expect(await contentsOf(source)).toEqual({
      'Ada Lovelace_1042': ['main.py', 'onlinetext.html'],
      Bob_77: ['main.py'],
    })
  })

  test('Moodle without folders', async () => {
    const source = exported({
      'Ada Lovelace_1042_assignsubmission_file_main.py': PROGRAM,
      'Ada Lovelace_1042_assignsubmission_file_help_er.py': PROGRAM,
    })
    expect(await contentsOf(source)).toEqual({ 'Ada Lovelace_1042': ['help_er.py', 'main.py'] })
  })

  test('Canvas, with a late student, a second try and a zip file', async () => {
    const source = exported({
      'lovelaceada_1042_9001_main.py': PROGRAM,
      'lovelaceada_1042_9002_help_er-1.py': PROGRAM,
      'bob_LATE_77_9003_project.zip': zipBytes({ 'project/main.py': PROGRAM }),
    })
    expect(await contentsOf(source)).toEqual({
      lovelaceada_1042: ['help_er.py', 'main.py'],
      bob_77: ['project/main.py'],
    })
  })

  test('Canvas, with files that a student has numbered', async () => {
    const source = exported({
      'bob_77_9001_part-1.py': PROGRAM,
      'bob_77_9002_part-2.py': PROGRAM,
      'bob_77_9003_main-2.py': PROGRAM,
    })
    expect(await contentsOf(source)).toEqual({ bob_77: ['main.py', 'part-1.py', 'part-2.py'] })
  })

  test('names in the Unicode form of macOS get the form of platforms and rosters', async () => {
    const source = exported({
      'Jose\u0301_1042_assignsubmission_file_/main.py': PROGRAM,
      'Jos\u00e9_1042_assignsubmission_onlinetext_/onlinetext.html': '<p>',
    })
    const [only, ...others] = await unpackExport(source, join(folder, 'into'), isSource)
    expect(others).toEqual([])
    expect(only).toMatchObject({ id: 'Jos\u00e9_1042', people: [{ name: 'Jos\u00e9' }] })
    expect(filesIn(only?.path ?? '').sort()).toEqual(['main.py', 'onlinetext.html'])
  })

  test('Gradescope', async () => {
    const source = exported({
      'submission_metadata.yml': [
        'submission_5:',
        '  :submitters:',
        '  - :name: Ada Lovelace',
        "    :sid: '1042'",
        '    :email: ada@example.org',
        '  :created_at: 2026-01-02 03:04:05.000000000 Z',
      ].join('\n'),
      'submission_5/main.py': PROGRAM,
    })
    const [only] = await unpackExport(source, join(folder, 'into'), isSource)
    expect(only).toMatchObject({
      id: 'submission_5',
      people: [{ id: '1042', name: 'Ada Lovelace', email: 'ada@example.org' }],
      metadata: { platform: 'gradescope' },
    })
    expect(only?.submittedAt).toContain('2026-01-02')
  })

  test('clones of GitHub Classroom lose the common start of their names', async () => {
    const source = exported({
      'median-ada/main.py': PROGRAM,
      'median-ada/.git/HEAD': 'ref',
      'median-anna/main.py': PROGRAM,
      'median-anna/.git/HEAD': 'ref',
    })
    expect(Object.keys(await contentsOf(source))).toEqual(['ada', 'anna'])
  })

  test('archives in archives', async () => {
    const inner = zipBytes({ 'main.py': PROGRAM })
    const source = exported({
      'ada/work.zip': zipBytes({ 'work/inner.zip': inner, 'deep.zip': inner }),
      'bob/work.zip': inner,
      'bob/report.txt': '',
    })
    expect(await contentsOf(source)).toEqual({
      ada: ['deep/main.py', 'work/inner.zip'],
      bob: ['report.txt', 'work/main.py'],
    })
  })

  test('a folder and a zip file with the same name are refused', async () => {
    const source = exported({ 'ada/main.py': PROGRAM, 'ada.zip': zipBytes({ 'main.py': PROGRAM }) })
    expect(await contentsOf(source)).toEqual({
      ada: expect.stringMatching(/^`ada(?:\.zip)?` is the same submission as `ada(?:\.zip)?`$/),
    })
  })
})

test('a zip file with source code at its top is one submission, also in a folder', async () => {
  expect(await contentsOf(zipOf({ 'main.py': PROGRAM, 'lib/a.py': '' }))).toEqual({
    export: ['lib/a.py', 'main.py'],
  })
  rmSync(join(folder, 'into'), { recursive: true })
  expect(await contentsOf(zipOf({ 'project/main.py': PROGRAM, '__MACOSX/._main.py': '' }))).toEqual(
    {
      export: ['main.py'],
    },
  )
})

describe('a submission is refused by name, and the others are accepted', () => {
  const mode = (bits: number) => ({ os: 3, attrs: (bits << 16) >>> 0 }) as const
  const refusedWith = async (files: Readonly<Record<string, unknown>>) => {
    const contents = await contentsOf(zipOf({ 'good/main.py': PROGRAM, ...files } as never))
    expect(contents.good).toEqual(['main.py'])
    delete contents.good
    return contents
  }

  test('for `..` in a path', async () => {
    expect(await refusedWith({ 'bad/../../evil.py': '' })).toEqual({
      bad: '`../../evil.py` has `..` in its path',
    })
    expect(existsSync(join(folder, 'evil.py'))).toBe(false)
  })

  test('for `..` at the start of a path', async () => {
    expect(await refusedWith({ '../evil.py': '' })).toEqual({
      '../evil.py': '`../evil.py` has `..` in its path',
    })
  })

  test('for an absolute path', async () => {
    expect(await refusedWith({ '/tmp/evil.py': '' })).toEqual({
      '/tmp/evil.py': '`/tmp/evil.py` is an absolute path',
    })
  })

  test('for an absolute path of Windows', async () => {
    expect(await refusedWith({ 'C:/evil.py': '' })).toEqual({
      'C:/evil.py': '`C:/evil.py` is an absolute path',
    })
  })

  test('for a link out of the submission', async () => {
    expect(
      await refusedWith({ 'bad/notes.txt': [strToU8('../../../etc/passwd'), mode(0o120777)] }),
    ).toEqual({
      bad: '`notes.txt` is a link out of the submission, to `../../../etc/passwd`',
    })
  })

  test('but not for a link inside it, which is left out', async () => {
    expect(
      await refusedWith({ 'ok/a.py': PROGRAM, 'ok/b.py': [strToU8('a.py'), mode(0o120777)] }),
    ).toEqual({
      ok: ['a.py'],
    })
  })

  test('for a device', async () => {
    expect(await refusedWith({ 'bad/null': [new Uint8Array(), mode(0o020666)] })).toEqual({
      bad: '`null` is a device, a FIFO or a socket',
    })
  })

  test('for a file whose parent is a file', async () => {
    expect(await refusedWith({ 'bad/a': 'x', 'bad/a/b': 'y' })).toEqual({
      bad: '`a/b` is in `a`, which is a file',
    })
  })

  test('for a control character', async () => {
    expect(await refusedWith({ 'bad/a\u001b[2J.py': '' })).toEqual({
      bad: '`a\\e[2J.py` has a control character or a backslash in its name',
    })
  })

  test('for too many bytes', async () => {
    const path = zipOf({ 'good/main.py': PROGRAM, 'bad/bomb.bin': '0'.repeat(5000) })
    replaceBytes(path, size32(5000), size32(257 * 1024 * 1024))
    expect(await contentsOf(path)).toEqual({
      good: ['main.py'],
      bad: '`bomb.bin` makes the submission larger than 256 MiB when unpacked',
    })
  })

  test('for too many files', async () => {
    const many = Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`bad/${i}.txt`, '']))
    expect(await refusedWith(many)).toEqual({
      bad: '`5000.txt` is one file too many: 5000 are allowed',
    })
  }, 60_000)

  test.each([
    ['a tar file', 'main.py\0\0ustar'],
    ['an empty file', ''],
  ])('for %s whose name ends in .zip', async (_, contents) => {
    expect(await refusedWith({ 'bad/a.zip': contents })).toEqual({
      bad: '`a.zip` is not a zip file, although its name says so',
    })
  })

  test('for archives nested too deep', async () => {
    let inner = zipBytes({ 'main.py': PROGRAM })
    for (let depth = 0; depth < 4; depth++) inner = zipBytes({ 'a.zip': inner })
    expect(await refusedWith({ 'bad/a.zip': inner })).toEqual({
      bad: '`a.zip` is nested deeper than 3 archives',
    })
  })

  test('for a name that occurs twice', async () => {
    const path = zipOf({ 'good/main.py': PROGRAM, 'bad/1.py': '', 'bad/2.py': '' })
    replaceBytes(path, 'bad/2.py', Buffer.from('bad/1.py'))
    expect(await contentsOf(path)).toEqual({
      good: ['main.py'],
      bad: '`1.py` is in the archive twice',
    })
  })

  test.each([
    [
      'files whose names differ only in case',
      ['Main.py', 'main.py'],
      '`main.py` differs from `Main.py` only in case: macOS and Windows keep one of them',
    ],
    [
      'folders whose names differ only in case',
      ['lib/a.py', 'LIB/b.py'],
      '`LIB` differs from `lib` only in case: macOS and Windows keep one of them',
    ],
    [
      'a file and a folder whose names differ only in case',
      ['data', 'Data/b.py'],
      '`Data` differs from `data` only in case: macOS and Windows keep one of them',
    ],
    [
      'names that differ only in their Unicode form',
      ['caf\u00e9.py', 'cafe\u0301.py'],
      '`cafe\u0301.py` looks the same as another name, `caf\u00e9.py`: only the Unicode form of a letter differs',
    ],
  ])('for %s', async (_, names, reason) => {
    const files = Object.fromEntries(names.map((name) => [`bad/${name}`, 'x']))
    expect(await refusedWith(files)).toEqual({ bad: reason })
  })

  test('for an archive and a folder whose names differ only in case', async () => {
    const inner = zipBytes({ 'main.py': PROGRAM })
    expect(await refusedWith({ 'bad/work.zip': inner, 'bad/Work/main.py': PROGRAM })).toEqual({
      bad: '`work.zip` unpacks into a folder that the submission has already',
    })
  })

  test('for two folders of one student whose names have different Unicode forms', async () => {
    const files = { 'e\u0301/main.py': PROGRAM, '\u00e9/main.py': PROGRAM }
    expect(await refusedWith(files)).toEqual({
      '\u00e9':
        '`\u00e9` looks the same as another name, `e\u0301`: only the Unicode form of a letter differs',
    })
  })

  test('for a name that is not UTF-8', async () => {
    const path = zipOf({ 'good/main.py': PROGRAM, 'bad/xx.py': '' })
    replaceBytes(path, 'bad/xx.py', Buffer.from('bad/\xe9x.py', 'latin1'))
    expect(await contentsOf(path)).toEqual({
      good: ['main.py'],
      bad: '`\ufffdx.py` has a name that is not UTF-8',
    })
  })

  test('for a wrong size in the archive', async () => {
    const path = zipOf({ 'good/main.py': PROGRAM, 'bad/lie.py': 'x'.repeat(5000) })
    replaceBytes(path, size32(5000), size32(10))
    expect(await contentsOf(path)).toEqual({
      good: ['main.py'],
      bad: expect.stringMatching(/^cannot be unpacked: too many bytes in the stream/),
    })
  })

  test('in a folder, for a link and a FIFO at the top', async () => {
    const root = folderOf({ 'good/main.py': PROGRAM })
    symlinkSync('/etc', join(root, 'bad'))
    execFileSync('mkfifo', [join(root, 'fifo')])
    expect(await contentsOf(root)).toEqual({
      good: ['main.py'],
      bad: '`bad` is a link out of the submission, to `/etc`',
      fifo: '`fifo` is a device, a FIFO or a socket',
    })
  })
})

test('a file that is not a zip file causes an error with the reason', async () => {
  const path = join(folder, 'x.zip')
  writeFileSync(path, 'hello')
  await expect(unpackExport(path, join(folder, 'into'), isSource)).rejects.toThrow(
    /End of central directory record signature not found/,
  )
})

test('a FIFO in place of the export does not block', async () => {
  const path = join(folder, 'x.zip')
  execFileSync('mkfifo', [path])
  await expect(unpackExport(path, join(folder, 'into'), isSource)).rejects.toThrow(
    'it is not a regular file',
  )
})

function size32(bytes: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes)
  return size
}

function replaceBytes(path: string, from: string | Uint8Array, to: Buffer): void {
  const bytes = readFileSync(path)
  const wanted = Buffer.from(from as never)
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1))
    to.copy(bytes, at)
  writeFileSync(path, bytes)
}
