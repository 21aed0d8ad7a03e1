import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SandboxView } from '../../../../src/runner/judge/sandbox-view.ts'
import { makeDirectory } from '../../../run/support/directory.ts'

function view() {
  const directory = makeDirectory({ 'work/a': '', 'usr/bin/tool': '', 'opt/x': '' })
  symlinkSync('/usr/bin/tool', join(directory, 'work/tool'))
  symlinkSync('/opt/venv', join(directory, 'work/venv'))
  symlinkSync('loop', join(directory, 'work/loop'))
  const bind = (target: string) => ({
    type: 'bind' as const,
    source: join(directory, target),
    target,
    writable: false,
    optional: false,
  })
  return new SandboxView({
    cwd: '/work',
    workdir: { source: join(directory, 'work'), mode: 'read-only', followLinks: false },
    workdirTarget: '/work',
    mounts: [],
    files: [{ target: '/work/made/file', contents: '' }],
    policy: {
      mounts: [bind('/usr'), { type: 'symlink', link: 'usr/bin', target: '/bin' }],
      files: [],
    },
  })
}

describe('a path of the sandbox', () => {
  test.each(['/work', 'a', './tool', '/work/tool', '/usr/bin/tool', '/bin/tool', 'made/file', '/'])(
    '%s exists',
    (path) => {
      expect(view().lookUp(path)).toEqual({ exists: true })
    },
  )

  test.each(['b', '/opt/x', '/bin/other', '/etc/passwd', 'loop', 'a/b'])(
    '%s does not exist',
    (path) => {
      expect(view().lookUp(path)).toEqual({ exists: false })
    },
  )

  test('may be behind a link that leads to nothing', () => {
    const link = { path: '/work/venv', target: '/opt/venv/bin/python' }
    expect(view().lookUp('venv/bin/python')).toEqual({ exists: false, link })
  })
})
