import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'
import { makeDirectory } from './support/directory.ts'
import { bare } from './support/policies.ts'
import { runShell } from './support/programs.ts'

describe('the environment', () => {
  test('is the policy’s, and contains nothing of this process', async () => {
    process.env.GRADEBOX_TEST_SECRET = 'secret'
    try {
      const run = await sandboxed('env')
      expect(run.stdout.trim().split('\n').sort()).toMatchInlineSnapshot(`
        [
          "HOME=/work",
          "LANG=C.UTF-8",
          "PATH=/usr/local/bin:/usr/bin:/bin",
          "TMPDIR=/tmp",
          "USER=student",
        ]
      `)
      const names = await runShell('cat /proc/*/environ', { policy: 'kiss' })
      expect(names.stdout).not.toContain('secret')
    } finally {
      delete process.env.GRADEBOX_TEST_SECRET
    }
  })

  test('has the variables of the option, which replace the policy’s', async () => {
    const run = await sandboxed('env', [], {
      policy: bare({ env: { A: 'policy', B: 'policy', PATH: '/usr/bin:/bin' } }),
      env: { B: 'own', C: 'x=y "quoted" $A \n ü', EMPTY: '' },
    })
    expect(run.stdout).toBe('A=policy\nB=own\nPATH=/usr/bin:/bin\nC=x=y "quoted" $A \n ü\nEMPTY=\n')
  })

  test('may be empty', async () => {
    const policy = bare({ env: {} })
    expect(await sandboxed('/usr/bin/env', [], { policy })).toHaveStdout('')
    // Without PATH a program is looked up in the usual directories.
    expect(await sandboxed('env', [], { policy })).toHaveStdout('')
  })

  test('of a createSandbox() is merged with the environment of a call', async () => {
    const run = createSandbox({ env: { A: '1', B: '1' } })
    expect((await run('env', [], { env: { B: '2' } })).stdout).toMatch(/^A=1\nB=2$/m)
  })

  test('may have a hundred thousand bytes', async () => {
    const run = await runShell('printenv LARGE | wc -c', { env: { LARGE: 'x'.repeat(100_000) } })
    expect(run).toHaveStdout('100001\n')
  })
})

describe('arguments', () => {
  test('reach the program unchanged', async () => {
    const args = ['a b', '', '"\'', '$HOME `id` \\', 'new\nline', 'ü 世界 🌍', '--', '-n', '*']
    const run = await sandboxed('printf', ['%s\\0', ...args])
    expect(run.stdout.split('\0').slice(0, -1)).toEqual(args)
    expect(run.args).toEqual(['%s\\0', ...args])
  })

  test('may be many', async () => {
    const args = Array.from({ length: 5000 }, (_, index) => `argument ${index}`)
    const run = await sandboxed('sh', ['-c', 'echo $#', 'sh', ...args])
    expect(run).toHaveStdout('5000\n')
  })

  test('that are too long together cause an error', async () => {
    const args = Array.from({ length: 100 }, () => 'x'.repeat(100_000))
    await expect(sandboxed('true', args)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_EXECUTABLE',
      step: { errno: 'E2BIG' },
    })
  })

  test('start with the command as the caller gave it', async () => {
    const run = await sandboxed('sh', ['-c', 'cat /proc/$$/cmdline; true'])
    expect(run.stdout.split('\0')[0]).toBe('sh')
  })
})

describe('a command', () => {
  const script = (text: string) => `#!/bin/sh\necho ${text}\n`

  test('without a slash is looked up in the sandbox’s PATH, in its order', async () => {
    const files = { '/opt/a/tool': script('first'), '/opt/b/tool': script('second') }
    const PATH = '/opt/none:/opt/a:/opt/b:/bin'
    expect(await sandboxed('tool', [], { files, env: { PATH } })).toHaveStdout('first\n')
  })

  test('that cannot be executed in one directory of PATH is looked up in the next', async () => {
    const files = { '/opt/a/tool': 'not executable', '/opt/b/tool': script('second') }
    const PATH = '/opt/a:/opt/b:/bin'
    expect(await sandboxed('tool', [], { files, env: { PATH } })).toHaveStdout('second\n')
  })

  test('is not looked up in this process’s PATH, nor in /work', async () => {
    const directory = makeDirectory({ 'gradebox-tool': script('host') })
    chmodSync(join(directory, 'gradebox-tool'), 0o755)
    const path = process.env.PATH
    process.env.PATH = `${directory}:${path}`
    try {
      const run = sandboxed('gradebox-tool', [], { workdir: directory })
      await expect(run).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    } finally {
      process.env.PATH = path
    }
  })

  test('with a slash is relative to cwd', async () => {
    const files = { '/work/main': script('work'), '/work/bin/main': script('bin') }
    expect(await sandboxed('./main', [], { files })).toHaveStdout('work\n')
    expect(await sandboxed('bin/main', [], { files })).toHaveStdout('bin\n')
    expect(await sandboxed('../main', [], { files, cwd: '/work/bin' })).toHaveStdout('work\n')
    expect(await sandboxed('/work/bin/main', [], { files })).toHaveStdout('bin\n')
  })
})

describe('cwd', () => {
  test('is /work by default, and may be any directory of the sandbox', async () => {
    for (const cwd of ['/work', '/tmp', '/usr/bin', '/']) {
      expect(await sandboxed('pwd', [], { cwd })).toHaveStdout(`${cwd}\n`)
    }
  })

  test('that is missing causes an error that names it', async () => {
    await expect(sandboxed('pwd', [], { cwd: '/missing' })).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      step: { syscall: 'chdir', errno: 'ENOENT', process: 'target' },
      hint: expect.stringContaining('"/missing"'),
    })
  })
})
