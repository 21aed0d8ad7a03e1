import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SandboxOptions } from '../../../src/index.ts'
import { makeDirectory, snapshot } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'

const files = {
  'main.sh': '#!/bin/sh\necho hello\n',
  'notes.txt': 'one\n',
  'src/deep/er/file.txt': 'deep\n',
  'empty/': '',
}

type Show = (source: string) => SandboxOptions & { encoding?: 'utf8' }

/** Shown as the working directory. */
export const asWorkdir: Show = (workdir) => ({ workdir })

/**
 * The promises of copy-on-write, whether an overlay or a copy provides it.
 *
 * @param show how a directory becomes the program's working directory
 */
export function describeCopyOnWrite(how: string, show = asWorkdir): void {
  describe(`a directory shown copy-on-write by ${how}`, () => {
    test.each([
      ['read', 'cat notes.txt src/deep/er/file.txt', 'one\ndeep\n'],
      ['change', 'echo two > notes.txt; cat notes.txt', 'two\n'],
      ['append to', 'echo two >> notes.txt; cat notes.txt', 'one\ntwo\n'],
      ['delete', 'rm notes.txt; ls', 'empty\nmain.sh\nsrc\n'],
      ['rename', 'mv notes.txt src/n; cat src/n; ls', 'one\nempty\nmain.sh\nsrc\n'],
      ['create', 'mkdir -p a/b; echo x > a/b/c; cat a/b/c', 'x\n'],
      ['chmod', 'chmod 600 notes.txt; stat -c %a notes.txt', '600\n'],
      ['touch', 'touch -d @1 notes.txt; stat -c %Y notes.txt', '1\n'],
      ['rename a directory of', 'mv src moved && cat moved/deep/er/file.txt', 'deep\n'],
      ['delete a directory of', 'rm -r src empty; ls', 'main.sh\nnotes.txt\n'],
      ['replace a directory of', 'rm -r src; mkdir src; ls -A src; echo done', 'done\n'],
      ['link in', 'ln notes.txt hard; ln -s notes.txt soft; cat hard soft', 'one\none\n'],
      ['truncate', ': > notes.txt; wc -c < notes.txt', '0\n'],
      ['make a FIFO in', 'mkfifo f; (cat f &) ; echo through > f; sleep 0.1', 'through\n'],
    ])('a program may %s it, and the host sees nothing', async (_, script, stdout) => {
      const workdir = makeDirectory(files)
      const before = snapshot(workdir)
      const run = await runShell(script, show(workdir))
      expect(run).toSucceed()
      expect(run).toHaveStdout(stdout)
      expect(run).toHaveStderr('')
      expect(snapshot(workdir)).toBe(before)
    })

    test('is fresh in every run', async () => {
      const workdir = makeDirectory(files)
      await runShell('echo changed > notes.txt; touch new', show(workdir))
      expect(await runShell('cat notes.txt; ls new', show(workdir))).toHaveStdout('one\n')
    })

    test('belongs to the program, with its modes and modification times', async () => {
      const workdir = makeDirectory(files)
      chmodSync(join(workdir, 'main.sh'), 0o750)
      chmodSync(join(workdir, 'notes.txt'), 0o604)
      utimesSync(join(workdir, 'notes.txt'), 1e9, 1_000_000_000.5)
      utimesSync(join(workdir, 'main.sh'), 1e9, 1_000_000_002.5)
      utimesSync(join(workdir, 'src'), 1e9, 1_000_000_001)
      const run = await runShell(
        './main.sh; stat -c "%a %u:%g %.1Y" main.sh notes.txt; stat -c %Y src',
        show(workdir),
      )
      expect(run.stdout).toBe(
        'hello\n750 1000:1000 1000000002.5\n604 1000:1000 1000000000.5\n1000000001\n',
      )
    })

    test('keeps symbolic links unchanged, also those that lead nowhere in the sandbox', async () => {
      const workdir = makeDirectory(files)
      symlinkSync('notes.txt', join(workdir, 'relative'))
      symlinkSync('/etc/shadow', join(workdir, 'absolute'))
      symlinkSync('missing', join(workdir, 'dangling'))
      symlinkSync('loop', join(workdir, 'loop'))
      const run = await runShell(
        'cat relative; readlink absolute dangling loop; cat absolute',
        show(workdir),
      )
      expect(run.stdout).toBe('one\n/etc/shadow\nmissing\nloop\n')
      expect(run.stderr).toContain('No such file')
    })

    test('may have hard links', async () => {
      const workdir = makeDirectory(files)
      linkSync(join(workdir, 'notes.txt'), join(workdir, 'other name'))
      const run = await runShell('cat "other name" notes.txt; echo x > "other name"', show(workdir))
      expect(run).toSucceed()
      expect(run.stdout).toBe('one\none\n')
    })

    test('may contain a directory that nobody may write, and one that nobody may enter', async () => {
      const workdir = makeDirectory({ 'closed/a': 'a', 'fixed/b': 'b' })
      chmodSync(join(workdir, 'fixed'), 0o555)
      const run = await runShell('cat fixed/b; touch fixed/c 2>/dev/null; ls fixed', show(workdir))
      expect(run.stdout).toBe('bb\n')
      expect(
        await runShell('stat -c %a fixed; chmod 755 fixed; touch fixed/c', show(workdir)),
      ).toMatchObject({
        ok: true,
        stdout: '555\n',
      })
    })

    test('may contain names of any bytes but NUL and slash', async () => {
      const names = [
        'a b',
        'colon:colon',
        'comma,comma',
        'back\\slash',
        'new\nline',
        'ünï',
        '-dash',
        '"',
      ]
      const outer = makeDirectory()
      const workdir = join(outer, 'dir with :,\\ and "\n ü')
      mkdirSync(workdir)
      for (const name of names) writeFileSync(join(workdir, name), name)
      const run = await runShell(
        'for f in *; do cat -- "$f"; echo; rm -- "$f"; done; ls',
        show(workdir),
      )
      expect(run.stderr).toBe('')
      expect(run.stdout.split('\n').sort()).toEqual([...names, ''].join('\n').split('\n').sort())
      expect(lstatSync(join(workdir, 'new\nline')).size).toBe(8)
    })

    test('may be large, with thousands of files and a file of megabytes', async () => {
      const workdir = makeDirectory({ big: Buffer.alloc(5 << 20, 'x') })
      for (let index = 0; index < 2000; index++)
        writeFileSync(join(workdir, `f${index}`), `${index}`)
      const run = await runShell('ls | wc -l; wc -c < big; cat f1999; rm -r ./*; ls', show(workdir))
      expect(run).toHaveStdout('2001\n5242880\n1999')
    })
  })
}
