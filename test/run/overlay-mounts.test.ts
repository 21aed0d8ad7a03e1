import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNodeBy } from './support/built.ts'
import { makeDirectory, snapshot } from './support/directory.ts'
import { bare } from './support/policies.ts'
import { runShell } from './support/programs.ts'
import { lacksOrdinaryUser, lacksRoot } from './support/tools.ts'
import { describeCopyOnWrite } from './workdir/behaviours.ts'

const overlay = (source: string, target: string) => ({ type: 'overlay', source, target }) as const

describeCopyOnWrite('an overlay mount', (source) => ({
  mounts: [overlay(source, '/data/deep')],
  cwd: '/data/deep',
}))

describeCopyOnWrite('an overlay mount of a policy, in /work', (source) => ({
  policy: { extends: 'strict', mounts: [overlay(source, '/work/a/b')] },
  cwd: '/work/a/b',
}))

describe('an overlay mount', () => {
  test('belongs to the program in every run of one policy, whichever user the program is to the kernel', async () => {
    const source = makeDirectory({ 'd/file': 'old\n' })
    const before = snapshot(source)
    const policy = bare({ mounts: [...systemMounts(), overlay(source, '/data')] })
    const script = 'cat /data/d/file; echo new > /data/d/file; touch /data/d/x; ls /data/d; id -u'
    const runs = await Promise.all([1, 2, 3].map(() => runShell(script, { policy })))
    for (const run of runs) {
      expect(run).toHaveStderr('')
      expect(run.stdout).toBe('old\nfile\nx\n1000\n')
    }
    expect(snapshot(source)).toBe(before)
  })

  test('may be one of several with the same source, and none shows the changes of another', async () => {
    const [a, b] = [makeDirectory({ file: 'a\n' }), makeDirectory({ file: 'b\n' })]
    const mounts = [overlay(a, '/one'), overlay(b, '/two'), overlay(a, '/three')]
    const script =
      'echo x >> /one/file; rm /two/file; cat /one/file /three/file; ls -A /two; cat file'
    const run = await runShell(script, { mounts, workdir: b })
    expect(run).toHaveStdout('a\nx\na\nb\n')
    expect([snapshot(a), snapshot(b)].join()).toContain('./file')
  })

  test('may be inside the working directory, another overlay, and a tmpfs', async () => {
    const [outer, inner] = [makeDirectory({ 'a/seen': '' }), makeDirectory({ file: 'inner\n' })]
    const policy = {
      extends: 'strict',
      mounts: [
        overlay(inner, '/outer/a/new'),
        overlay(outer, '/outer'),
        { type: 'tmpfs', target: '/fresh' } as const,
        overlay(inner, '/fresh/data'),
      ],
    }
    const script =
      'ls /outer/a; cat /outer/a/new/file /fresh/data/file own/file; echo x > own/file; touch /outer/a/new/y'
    const options = { policy, workdir: outer, mounts: [overlay(inner, '/work/own')] }
    const run = await runShell(script, options)
    expect(run).toHaveStderr('')
    expect(run.stdout).toBe('new\nseen\ninner\ninner\ninner\n')
    expect(readdirSync(join(outer, 'a'))).toEqual(['seen'])
  })

  test('may contain a bind, and files of the policy and the call', async () => {
    const [source, data] = [makeDirectory({ 'd/x': '' }), makeDirectory({ file: 'bound\n' })]
    const policy = {
      extends: 'strict',
      mounts: [{ source: data, target: '/o/d/data' }, overlay(source, '/o')],
      files: [{ target: '/o/d/policy', contents: 'policy\n' }],
    }
    const files = { '/o/new/call': 'call\n' }
    const run = await runShell('cat /o/d/data/file /o/d/policy /o/new/call; touch /o/d/data/x', {
      policy,
      files,
    })
    expect(run.stdout).toBe('bound\npolicy\ncall\n')
    expect(run.stderr).toContain('Read-only file system')
    expect(existsSync(join(source, 'new'))).toBe(false)
  })

  test('is held to the disk limit, and so is its copy', async () => {
    const source = makeDirectory({ file: 'x' })
    const options = { mounts: [overlay(source, '/data')], limits: { disk: '1MiB' } }
    const run = await runShell(
      'head -c 20000000 /dev/zero > /data/file; wc -c < /data/file',
      options,
    )
    expect(run.stderr).toContain('No space left on device')
    expect(Number(run.stdout)).toBeLessThan(6 << 20)
  })

  test('has no devices and no setuid bits, and with noexec no programs', async () => {
    const source = makeDirectory({ run: '#!/bin/sh\necho ran\n' })
    chmodSync(join(source, 'run'), 0o4755)
    const mount = overlay(source, '/data')
    const script =
      'grep " /data " /proc/self/mountinfo | cut -d " " -f 6; /data/run; mknod /data/d c 1 3'
    const run = await runShell(script, { mounts: [mount] })
    expect(run.stdout).toMatch(/^rw,nosuid,nodev.*\nran\n$/)
    expect(run.stderr).toContain('Operation not permitted')
    const policy = { extends: 'strict', mounts: [{ ...mount, noexec: true }] }
    const refused = await runShell(script, { policy })
    expect(refused.stdout).toMatch(/^rw,nosuid,nodev,noexec/)
    expect(refused.stderr).toContain('Permission denied')
  })

  test('shows modes unchanged, and the program may open a file of mode 0', async () => {
    const source = makeDirectory({
      none: 'secret\n',
      'private/x': 'x\n',
      'shared/x': '',
      'fixed/x': '',
    })
    chmodSync(join(source, 'none'), 0o000)
    chmodSync(join(source, 'private'), 0o700)
    chmodSync(join(source, 'shared'), 0o1777)
    chmodSync(join(source, 'fixed'), 0o555)
    chmodSync(source, 0o750)
    const before = snapshot(source)
    const run = await runShell(
      'stat -c "%a %n" . none private shared fixed; cat none; chmod 600 none; cat none private/x; rm -r shared; touch fixed/y',
      { mounts: [overlay(source, '/data')], cwd: '/data' },
    )
    expect(run.stdout).toBe('750 .\n0 none\n700 private\n1777 shared\n555 fixed\nsecret\nx\n')
    expect(run.stderr.match(/Permission denied/g)).toHaveLength(2)
    expect(snapshot(source)).toBe(before)
  })

  test.skipIf(lacksRoot('whiteouts'))('shows no file that a whiteout hides', async () => {
    const source = makeDirectory({ 'd/file': 'content\n' })
    execFileSync('mknod', [join(source, 'd/gone'), 'c', '0', '0'])
    execFileSync('mknod', [join(source, 'top'), 'c', '0', '0'])
    const run = await runShell('cat d/gone; echo new > d/gone; echo new > top; cat d/* top; ls d', {
      mounts: [overlay(source, '/data')],
      cwd: '/data',
    })
    expect(run.stderr).toContain('d/gone: No such file or directory')
    expect(run.stdout).toBe('content\nnew\nnew\nfile\ngone\n')
  })

  test.skipIf(lacksRoot('files of several owners'))(
    'gives the program the files of all owners',
    async () => {
      const source = makeDirectory({ a: 'a\n', 'd/b': 'b\n' })
      for (const [path, id] of [
        ['a', 12345],
        ['d', 23456],
        ['d/b', 34567],
      ] as const) {
        chownSync(join(source, path), id, id)
      }
      for (const path of ['a', 'd/b']) chmodSync(join(source, path), 0o600)
      chmodSync(join(source, 'd'), 0o700)
      const script = 'cat a d/b; echo x > a; echo x > d/b; stat -c %u:%g a d d/b .'
      const run = await runShell(script, { mounts: [overlay(source, '/data')], cwd: '/data' })
      expect(run).toHaveStderr('')
      expect(run.stdout).toBe(`a\nb\n${'1000:1000\n'.repeat(4)}`)
    },
  )

  test.skipIf(lacksOrdinaryUser('a change of another’s file'))(
    'of files that belong to another user becomes a copy',
    async () => {
      const run = await runShell(
        'f=$(ls | head -n 1); rm "$f"; touch new && grep -c " /data .* - tmpfs " /proc/self/mountinfo',
        {
          mounts: [overlay('/etc/alternatives', '/data')],
          cwd: '/data',
        },
      )
      expect(run).toHaveStdout('1\n')
    },
  )

  // The test has a mount namespace of its own, because other tests check the host's mounts.
  test.skipIf(lacksRoot('a mount'))('shows the mounts below its source', () => {
    const source = makeDirectory({ 'mounted/hidden': '', other: '' })
    const output = runNodeBy(
      'exec unshare --mount --propagation private "$@"',
      `
      import { execFileSync } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      import { sandboxed } from 'gradebox-under-test'
      const source = ${JSON.stringify(source)}
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', source + '/mounted'])
      writeFileSync(source + '/mounted/seen', 'seen\\n')
      const run = await sandboxed('sh', ['-c', 'ls -A mounted; echo x >> mounted/seen; ls'], {
        mounts: [{ type: 'overlay', source, target: '/data' }],
        cwd: '/data',
      })
      process.stdout.write(run.stdout)`,
    )
    expect(output).toBe('seen\nmounted\nother\n')
  })
})

test('a link in an overlay’s source does not redirect the change of owners', async () => {
  const outside = makeDirectory({ 'd/file': '' })
  const source = makeDirectory({ 'real/file': '' })
  symlinkSync(join(outside, 'd'), join(source, 'link'))
  mkdirSync(join(source, 'more'))
  symlinkSync('/etc/passwd', join(source, 'more/passwd'))
  const before = snapshot(outside)
  const run = await runShell('readlink link more/passwd; ls link/', {
    mounts: [overlay(source, '/data')],
    cwd: '/data',
  })
  expect(run.stdout).toBe(`${outside}/d\n/etc/passwd\n`)
  expect(run.stderr).toContain('No such file')
  expect(snapshot(outside)).toBe(before)
})

function systemMounts(): object[] {
  const { mounts } = bare() as { mounts: object[] }
  return mounts
}
