import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { shippedPolicies } from '../../src/policy/shipped.ts'
import { giveToUser, makeDirectory } from '../run/support/directory.ts'
import { bare } from '../run/support/policies.ts'
import { runShell } from '../run/support/programs.ts'

/** The policy `native` shows no shell; its /proc is that of `strict`, whose base it shares. */
const policies = shippedPolicies().filter((name) => name !== 'native')

/** Docker's masked paths (moby, oci/defaults.go), and files of the same kind that every user of Linux may read. */
const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore'],
  ...['/proc/latency_stats', '/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug'],
  ...['/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap'],
  ...['/sys/devices/system/cpu/cpu0/thermal_throttle', '/proc/locks', '/proc/fs'],
]
/** The paths that Docker shows read-only. */
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

const hasOnHost = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

test('the host has some of these files, so the tests below mean something', () => {
  expect(MASKED.filter(hasOnHost).length).toBeGreaterThan(4)
})

describe.each(policies)('under policy %s a program', (policy) => {
  test('reads nothing of the paths that Docker masks', async () => {
    const script = `for path in ${MASKED.join(' ')}; do
  find $path -type f -exec head -c 100 {} + 2> /dev/null | tr -d '\\000' | head -c 100
done`
    expect(await runShell(script, { policy })).toHaveStdout('')
  })

  // As root each run has a user of its own, so Gradebox covers these files only for an ordinary user.
  test('sees no keyring but the empty one of its own session', async () => {
    const { stdout } = await runShell('cat /proc/keys', { policy })
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^$| _ses: empty$/)
    const users = await runShell('cat /proc/key-users', { policy })
    expect(users.stdout.trim().split('\n')).toHaveLength(1)
  })

  test('changes nothing of the paths that Docker shows read-only', async () => {
    const script = `for path in ${READ_ONLY.join(' ')}; do
  find $path -type f 2> /dev/null | while read -r file; do
    case $file in /proc/sys/kernel/ns_last_pid) continue;; esac
    (: >> "$file") 2> /dev/null && echo "$file"
  done
done; true`
    expect(
      await runShell(script, { policy, limits: { walltime: '60s', cpu: '60s' } }),
    ).toHaveStdout('')
  })

  test('sees no path of the submission on the host in its list of mounts', async () => {
    const directory = giveToUser(makeDirectory({ 'secret-of-alice/main.txt': 'x' }))
    const list =
      'cat /proc/self/mountinfo /proc/self/mounts /proc/mounts /proc/1/mountinfo 2> /dev/null; true'
    for (const mode of ['copy-on-write', 'read-only'] as const) {
      const workdir = { source: `${directory}/secret-of-alice`, mode }
      const run = await runShell(list, { policy, workdir })
      expect(run).toSucceed()
      expect(run.stdout).toContain(' /work ')
      expect(run.stdout).not.toContain('alice')
      expect(run.stdout).not.toContain(process.cwd())
    }
  })
})

test('the list of mounts has the host path of a bind, which no kernel hides', async () => {
  const source = makeDirectory({ 'given/data.txt': 'x' })
  const mounts = [{ source: `${source}/given/data.txt`, target: '/data.txt' }]
  const { stdout } = await runShell('cat /proc/self/mountinfo', { mounts })
  expect(stdout).toMatch(/given\/data\.txt \/data\.txt ro,/)
})

test('a policy without /proc, or with its processes only, has none of these files', async () => {
  for (const proc of ['none', 'pid'] as const) {
    const run = await sandboxed('ls', ['/proc'], { policy: bare({ proc }) })
    const names = run.stdout.split('\n').filter((name) => /^[a-z]/.test(name))
    expect(names.filter((name) => !['self', 'thread-self'].includes(name))).toEqual([])
  }
})
