import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { makeDirectory, snapshot } from '../support/directory.ts'
import { bare } from '../support/policies.ts'

const hakoniwa = (name: string) => resolve('fixtures/policies/hakoniwa', name)

const shell = (script: string, policy: object | string, options: SandboxOptions = {}) =>
  sandboxed('sh', ['-c', script], { ...options, encoding: 'utf8', policy })

// The bare policy, with mounts added to its own.
function mounting(...mounts: object[]): object {
  const { mounts: own } = bare() as { mounts: object[] }
  return bare({ mounts: [...own, ...mounts] })
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a mount of a policy', () => {
  test('may be a symbolic link', async () => {
    const link = { type: 'symlink', source: '../etc/where', target: '/opt/link' }
    const run = await shell('readlink /opt/link; cat /opt/link', {
      ...mounting(link),
      files: [{ target: '/etc/where', contents: 'there\n' }],
    })
    expect(run.stdout).toBe('../etc/where\nthere\n')
  })

  test('may be a link in another mount', async () => {
    const source = makeDirectory({ 'a/': '' })
    const before = snapshot(source)
    const policy = mounting(
      { source, target: '/data' },
      { type: 'tmpfs', target: '/data/a' },
      { type: 'symlink', source: '/usr', target: '/data/a/link' },
    )
    expect(await shell('readlink /data/a/link', policy)).toHaveStdout('/usr\n')
    expect(snapshot(source)).toBe(before)
  })

  test('is refused when a link in another mount leads to it', async () => {
    const source = makeDirectory({ 'real/': '' })
    symlinkSync('real', join(source, 'link'))
    const policy = mounting({ source, target: '/data' }, { source, target: '/data/link/x' })
    await expect(shell('true', policy)).rejects.toMatchObject({ code: 'MOUNT_FAILED' })
  })

  test('may forbid programs to be executed', async () => {
    const source = makeDirectory({ 'run.sh': '#!/bin/sh\necho ran\n' })
    const files = [{ target: '/scratch/run.sh', contents: '#!/bin/sh\necho ran\n' }]
    const policy = mounting(
      { source, target: '/data', noexec: true },
      { type: 'tmpfs', target: '/scratch', noexec: true },
    )
    const run = await shell('cat /proc/self/mountinfo | grep -c noexec.*; /scratch/run.sh', {
      ...policy,
      files,
    })
    expect(run.stderr).toContain('Permission denied')
    const shown = await shell('grep -E " /(data|scratch) " /proc/self/mountinfo', policy)
    expect(shown.stdout.match(/nosuid,nodev,noexec/g)).toHaveLength(2)
  })

  test('that is a tmpfs has its own size and number of files', async () => {
    const policy = mounting({ type: 'tmpfs', target: '/small', size: '64KiB', inodes: 5 })
    const size = await shell('head -c 1M /dev/zero > /small/a; stat -c %s /small/a', policy)
    expect(size.stdout).toBe('65536\n')
    const files = await shell('cd /small; touch 1 2 3 4 5 6; ls', policy)
    expect(files.stdout).toBe('1\n2\n3\n4\n')
    expect(files.stderr).toContain('No space left on device')
  })

  test('may be below /tmp and /dev, and may cover existing directories', async () => {
    const source = makeDirectory({ file: 'content\n' })
    const run = await shell(
      'cat /tmp/.X11-unix/file /dev/shm/sub/file /dev/full; echo > /tmp/mine; ls -A /tmp',
      mounting(
        { source, target: '/tmp/.X11-unix' },
        { source, target: '/dev/shm/sub' },
        { source: join(source, 'file'), target: '/dev/full' },
      ),
    )
    expect(run.stdout).toBe(`${'content\n'.repeat(3)}.X11-unix\nmine\n`)
  })

  test('may have sources with blanks, line ends and letters of all kinds, and behind links', async () => {
    const name = 'ein Ordner\nmit "Öl" \\ ☃'
    const directory = makeDirectory({ [`${name}/file`]: 'content\n' })
    symlinkSync(name, join(directory, 'link'))
    mkdirSync(join(directory, 'empty'))
    for (const source of [join(directory, name), join(directory, 'link')]) {
      const policy = mounting({ source, target: `/data/${name}` })
      const run = await sandboxed('cat', [`/data/${name}/file`], { policy })
      expect(run).toHaveStdout('content\n')
    }
  })
})

describe('share_env', () => {
  test('gives the program the host’s variables that are set, before the policy’s own', async () => {
    vi.stubEnv('GRADEBOX_ONE', 'of the host')
    vi.stubEnv('GRADEBOX_TWO', undefined)
    vi.stubEnv('GRADEBOX_SECRET', 'secret')
    const policy = bare({
      share_env: ['GRADEBOX_ONE', 'GRADEBOX_TWO'],
      env: { PATH: '/usr/bin:/bin', GRADEBOX_ONE: 'of the policy', GRADEBOX_TWO: 'default' },
    })
    const run = await shell('env | grep ^GRADEBOX | sort', policy)
    expect(run.stdout).toBe('GRADEBOX_ONE=of the host\nGRADEBOX_TWO=default\n')
    const own = await shell('echo $GRADEBOX_ONE', policy, { env: { GRADEBOX_ONE: 'of the call' } })
    expect(own.stdout).toBe('of the call\n')
  })
})

describe('workdir.mode', () => {
  test('decides how a working directory appears, unless the call says otherwise', async () => {
    const source = makeDirectory({ file: 'x' })
    const policy = bare({ workdir: { mode: 'read-only' } })
    const run = await shell('echo y > /work/new', policy, { workdir: source })
    expect(run.stderr).toContain('Read-only file system')
    const own = { source, mode: 'copy-on-write' } as const
    expect(await shell('echo y > /work/new', policy, { workdir: own })).toSucceed()
  })
})

describe('a policy for hakoniwa', () => {
  test('limits and lists system calls', async () => {
    expect(await sandboxed('/bin/echo', ['hi'], { policy: hakoniwa('c.toml') })).toHaveStdout(
      'hi\n',
    )
    const denied = await sandboxed('/bin/mkdir', ['x'], { policy: hakoniwa('c.toml') })
    expect(denied).toBeKilledBySeccomp()
  })

  test('logs calls that it does not list', async () => {
    const policy = hakoniwa('audit.toml')
    expect(await sandboxed('/bin/echo', ['hi'], { policy })).toHaveStdout('hi\n')
  })

  test('writes files and passes variables on', async () => {
    vi.stubEnv('TERM', 'xterm-test')
    const policy = hakoniwa('files.toml')
    const run = await sandboxed('/bin/sh', ['-c', 'cat /etc/motd; echo $TERM; id -u; hostname'], {
      policy,
    })
    expect(run.stdout).toBe(`Be kind: <small> & "quoted" 'steps'.\nxterm-test\n0\nbox\n`)
  })
})
