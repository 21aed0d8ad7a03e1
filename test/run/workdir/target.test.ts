import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { giveToUser, makeDirectory, snapshot } from '../support/directory.ts'
import { runShell } from '../support/programs.ts'

const policy = { extends: 'strict', workdir: { target: '/home/student//' } }

describe('a working directory that is not at /work', () => {
  test.each(['copy-on-write', 'read-only', 'read-write'] as const)(
    'is where the program starts, %s, by the policy or the call',
    async (mode) => {
      const source = giveToUser(makeDirectory({ file: 'content\n' }))
      for (const options of [
        { policy, workdir: { source, mode } },
        { workdir: { source, mode, target: '/home/student' } },
        {
          policy: { extends: 'strict', workdir: { target: '/x', mode } },
          workdir: { source, target: '/home/student' },
        },
      ]) {
        const run = await runShell('pwd; cat file; echo $HOME; test -e /work; echo $?', options)
        expect(run).toHaveStdout('/home/student\ncontent\n/home/student\n1\n')
      }
    },
  )

  test('is empty and writable without a source', async () => {
    const run = await runShell('pwd; ls -A; echo x > file; stat -c "%a %u:%g" .', { policy })
    expect(run).toHaveStdout('/home/student\n755 1000:1000\n')
  })

  test('has the files, mounts and collected files whose paths start there or are relative', async () => {
    const [workdir, data] = [makeDirectory({ 'd/old': '' }), makeDirectory({ x: 'x\n' })]
    const before = snapshot(workdir)
    const run = await runShell('cat in.txt d/data/x; echo out > out.txt', {
      policy,
      workdir,
      files: { '/home/student/in.txt': 'in\n' },
      mounts: [{ source: data, target: '/home/student/d/data' }],
      collect: ['out.txt', 'd/../in.txt'],
    })
    expect(run).toHaveStdout('in\nx\n')
    expect(run).toHaveFile('/home/student/out.txt', 'out\n')
    expect(run).toHaveFile('in.txt', 'in\n')
    expect(snapshot(workdir)).toBe(before)
  })

  test('may be inside a mount of the policy, or of the call', async () => {
    const [workdir, home] = [makeDirectory({ file: 'work\n' }), makeDirectory({ 'student/': '' })]
    const inTmpfs = { ...policy, mounts: [{ type: 'tmpfs', target: '/home' } as const] }
    expect(await runShell('cat file; ls /home', { policy: inTmpfs, workdir })).toHaveStdout(
      'work\nstudent\n',
    )
    const mounts = [{ source: home, target: '/home' }]
    expect(await runShell('cat file; ls /home', { policy, workdir, mounts })).toHaveStdout(
      'work\nstudent\n',
    )
  })

  test('leaves /work unused', async () => {
    const source = makeDirectory({ x: 'x\n' })
    const mounts = [{ type: 'overlay', source, target: '/work' } as const]
    expect(await runShell('cat /work/x; touch /work/y', { policy, mounts })).toSucceed()
  })

  test('may cover a part of the sandbox’s own tree', async () => {
    const workdir = { source: makeDirectory({ x: 'x\n' }), target: '/tmp' }
    expect(await runShell('pwd; ls', { workdir })).toHaveStdout('/tmp\nx\n')
  })

  test('sets HOME to itself only where the policy has HOME=/work', async () => {
    const own = { ...policy, env: { HOME: '/elsewhere' } }
    expect(await runShell('echo $HOME', { policy: own })).toHaveStdout('/elsewhere\n')
    const env = { HOME: '/work' }
    expect(await runShell('echo $HOME', { policy, env })).toHaveStdout('/work\n')
  })
})

describe('the target of a working directory is refused', () => {
  const source = import.meta.dirname
  test.each(['/', 'relative', '/a/../b', '/..', '', 7, '/nul\0'])('%j', async (target) => {
    const workdir = { source, target } as { source: string; target: string }
    await expect(sandboxed('true', [], { workdir })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('workdir.target'),
    })
    const policy = { workdir: { target: target as string } }
    await expect(sandboxed('true', [], { policy })).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining('workdir.target: expected'),
    })
  })

  test('through a link of the policy', async () => {
    const policy = {
      workdir: { target: '/home/student' },
      mounts: [{ type: 'symlink', source: 'srv', target: '/home' }],
    } as const
    await expect(sandboxed('true', [], { policy })).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message:
        'Invalid policy inline: mounts[0].target: the working directory, "/home/student", cannot be at or below a link\n  see: docs/errors.md#policy_invalid',
    })
    const workdir = { source, target: '/bin/work' }
    const merged = {
      mounts: [
        { type: 'symlink', source: 'usr/bin', target: '/bin' },
        { source: '/usr', target: '/usr' },
      ],
    } as const
    await expect(sandboxed('true', [], { policy: merged, workdir })).rejects.toMatchObject({
      code: 'MOUNT_FAILED',
      step: { errno: 'ELOOP' },
      hint: expect.stringContaining('is not behind a symbolic link'),
    })
  })
})

test('a change in a read-write directory there reaches the host', async () => {
  const source = giveToUser(makeDirectory())
  const workdir = { source, mode: 'read-write', target: '/hako' } as const
  const run = await runShell('pwd; echo x > new', { workdir })
  expect(run).toHaveStdout('/hako\n')
  expect(snapshot(source)).toContain('./new')
})
