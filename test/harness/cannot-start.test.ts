import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'

const vitest = resolve('node_modules/vitest/vitest.mjs')

/** Runs the fixture project after a command that may break the machine for it. */
function runOn(...by: readonly string[]) {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'cannot-start-'))
  cpSync(join(import.meta.dirname, 'projects/vitest-cannot-start'), directory, { recursive: true })
  const [command = '', ...args] = [...by, process.execPath, vitest, 'run']
  const { status, stderr } = spawnSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: directory, NO_COLOR: '1' },
  })
  return { status, stderr }
}

const withoutNamespaces = [
  // The namespace maps no id. A namespace whose only user is root to the kernel is refused for another reason.
  ...['unshare', '--user', '--keep-caps', 'sh', '-c'],
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@"',
]

test('where no run can start, the plugin prints the findings of doctor once', () => {
  const { status, stderr } = runOn(...withoutNamespaces)
  expect(status).toBe(1)
  expect(stderr.match(/What gradebox doctor finds on this machine:/g)).toHaveLength(1)
  expect(stderr).toMatch(
    /^fails: namespaces: unshare\(CLONE_NEWUSER\).*; user\.max_user_namespaces is 0$/m,
  )
  expect(stderr).toContain('sudo sysctl -w user.max_user_namespaces=15000')
})

test('where runs can start, the plugin prints nothing', () => {
  const { status, stderr } = runOn('env')
  expect(stderr).not.toContain('doctor')
  expect(status).toBe(0)
})
