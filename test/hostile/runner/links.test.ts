import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { runNodeBy } from '../../run/support/built.ts'
import { makeDirectory } from '../../run/support/directory.ts'
import { mkfifoSync } from '../../run/support/fifo.ts'

/** A secret of the host, and a submission with links to it. */
function submission() {
  const directory = makeDirectory({ 'secret/file': 'secret\n', 'alice/real/file': 'work\n' })
  symlinkSync('../secret', join(directory, 'alice/src'))
  symlinkSync('../secret/file', join(directory, 'alice/input'))
  symlinkSync(directory, join(directory, 'home'))
  return {
    directory: join(directory, 'alice/src'),
    file: join(directory, 'alice/input'),
    /** A path through a link that is above the submission. */
    ownDirectory: join(directory, 'home/alice/real'),
    ownFile: join(directory, 'home/alice/real/file'),
  }
}

type Use = (paths: { directory: string; file: string }) => SandboxOptions

const uses: [string, string, Use][] = [
  ['workdir', 'directory', ({ directory }) => ({ workdir: directory })],
  ['workdir with a slash', 'directory', ({ directory }) => ({ workdir: `${directory}/` })],
  [
    'workdir as a URL',
    'directory',
    ({ directory }) => ({ workdir: pathToFileURL(`${directory}/`) }),
  ],
  [
    'workdir, read-only',
    'directory',
    ({ directory }) => ({ workdir: { source: directory, mode: 'read-only' } }),
  ],
  ['files', 'file', ({ file }) => ({ files: { '/work/file': pathToFileURL(file) } })],
  ['stdin', 'file', ({ file }) => ({ stdin: pathToFileURL(file) })],
  [
    'mounts, a directory',
    'directory',
    ({ directory }) => ({ mounts: [{ source: directory, target: '/work' }] }),
  ],
  [
    'mounts, a file',
    'file',
    ({ file }) => ({ mounts: [{ source: file, target: '/tmp/file', optional: true }] }),
  ],
  [
    'mounts, an overlay',
    'directory',
    ({ directory }) => ({ mounts: [{ source: directory, target: '/work', type: 'overlay' }] }),
  ],
]

const read = (options: SandboxOptions) =>
  sandboxed('sh', ['-c', 'cat; cat /work/file /tmp/file 2>/dev/null; true'], options)

describe.each(uses)('a symbolic link of a submission as %s', (_, kind, use) => {
  test('is refused by name', async () => {
    const paths = submission()
    const link = kind === 'file' ? paths.file : paths.directory
    await expect(read(use(paths))).rejects.toMatchObject({
      code: expect.stringMatching(/^(MOUNT|SETUP)_FAILED$/),
      message: expect.stringContaining(JSON.stringify(link)),
      step: { errno: 'ELOOP', process: 'spawn' },
      hint: expect.stringContaining('`followLinks: true`'),
    })
    await expect(read(use(paths))).rejects.toThrow('is a symbolic link, which is not followed')
  })

  test('is followed where the caller allows links', async () => {
    expect(await read({ ...use(submission()), followLinks: true })).toHaveStdout('secret\n')
  })

  test('is allowed above the submission', async () => {
    const { ownDirectory: directory, ownFile: file } = submission()
    expect(await read(use({ directory, file }))).toHaveStdout('work\n')
  })
})

test('a path below the current directory may contain no link in any part', () => {
  const directory = makeDirectory({ 'secret/in/file': 'secret\n', 'course/alice/file': 'work\n' })
  symlinkSync('../../secret', join(directory, 'course/alice/src'))
  symlinkSync('course', join(directory, 'home'))
  const output = runNodeBy(
    `cd ${directory}/home; exec "$@"`,
    `import { sandboxed } from 'gradebox-under-test'
     const cat = (options) => sandboxed('cat', ['file'], options).then(
       ({ stdout }) => console.log(stdout.trim()), (error) => console.log(error.message.split('\\n')[0]))
     await cat({ workdir: 'alice/src/in' })
     await cat({ workdir: process.cwd() + '/alice/src/in' })
     await cat({ workdir: 'alice/src/in', followLinks: true })
     await cat({ workdir: 'alice' })`,
  )
  const refused = `The working directory "${directory}/course/alice/src/in" is behind the symbolic link "${directory}/course/alice/src", which is not followed`
  expect(output.trim().split('\n')).toEqual([refused, refused, 'secret', 'work'])
})

test.each([
  ['a FIFO', (path: string) => mkfifoSync(path)],
  ['a directory', (path: string) => mkdirSync(path)],
])('%s where a file is expected is refused without a wait', async (_, make) => {
  const path = join(makeDirectory(), 'file')
  make(path)
  const url = pathToFileURL(path)
  await expect(read({ stdin: url })).rejects.toThrow('meant for stdin, is not a regular file')
  await expect(read({ files: { '/work/file': url } })).rejects.toThrow(
    'meant for "/work/file", is not a regular file',
  )
})
