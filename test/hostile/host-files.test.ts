import { existsSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { giveToUser, makeDirectory, snapshot } from '../run/support/directory.ts'
import { bare, uidZero } from '../run/support/policies.ts'
import { runShell } from '../run/support/programs.ts'

const policies = [
  ['strict', 'strict'],
  ['kiss, which has no filter', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const

describe.each(policies)('under policy %s', (_, policy) => {
  test('a program cannot read the host’s files', async () => {
    const secret = join(makeDirectory({ secret: 'host secret' }), 'secret')
    const paths = [secret, '/etc/shadow', '/root', '/home', '/boot', process.cwd()]
    const run = await runShell(`for p in ${paths.join(' ')}; do ls -d "$p" && cat "$p"; done`, {
      policy,
    })
    expect(run.stdout).toBe('')
    expect(run.stderr.match(/No such file/g)?.length).toBe(paths.length)
  })

  test('the sandbox has nothing in /sys but the list of its processors', async () => {
    const run = await runShell('find /sys -type f', { policy })
    const files = ['online', 'possible', 'present'].map((name) => `/sys/devices/system/cpu/${name}`)
    expect(run.stdout.trim().split('\n').sort()).toEqual(files)
  })

  test('the sandbox has only the directories of /var that the policy kiss mounts for fonts, Ruby and Haskell', async () => {
    const fonts = ['/var/cache', '/var/cache/fontconfig']
    const mounted = ['/var', ...fonts, '/var/lib', '/var/lib/gems', '/var/lib/ghc']
    const run = await runShell('find /var -maxdepth 2', { policy })
    const seen = run.stdout.split('\n').filter((path) => path !== '')
    expect(policy === 'kiss' ? mounted : []).toEqual(expect.arrayContaining(seen))
  })

  test('/proc shows neither the test runner’s environment nor its descriptors', async () => {
    process.env.GRADEBOX_HOSTILE_SECRET = 'runner secret'
    try {
      const run = await runShell(
        `for p in 1 ${process.pid} ${process.ppid} self/../1; do cat /proc/$p/environ /proc/$p/maps /proc/$p/fd/* /proc/$p/root/etc/shadow; ls /proc/$p/cwd/ /proc/$p/root/; done; strings /proc/*/environ; grep -c . /proc/[0-9]*/cmdline`,
        { policy },
      )
      expect(run.stdout).not.toContain('runner secret')
      expect(run.stdout).not.toContain('vitest')
      expect(run.stdout).not.toContain('root:')
    } finally {
      delete process.env.GRADEBOX_HOSTILE_SECRET
    }
  })

  test('a program can neither write the system’s files nor make them writable', async () => {
    const target = '/usr/gradebox-hostile'
    const run = await runShell(
      `touch ${target} /bin/x /lib/x /etc/x /x; rm -f /bin/sh /usr/bin/env; chmod 777 /usr /; ln /usr/bin/env /usr/bin/env2; mv /usr/bin/env /tmp/env; mkdir /root`,
      { policy },
    )
    expect(
      run.stderr.match(/Read-only file system|cross-device|Permission denied/gi)?.length,
    ).toBeGreaterThanOrEqual(10)
    expect(existsSync(target)).toBe(false)
    expect(existsSync('/usr/bin/env')).toBe(true)
  })

  test('paths with .. lead nowhere above the root', async () => {
    const name = join(tmpdir(), `gradebox-hostile-${process.pid}`)
    await runShell(`echo x > ../../../../../../..${name}; cd /; cd ..; echo x > ..${name}`, {
      policy,
    })
    expect(existsSync(name)).toBe(false)
  })

  test('a program cannot change the kernel’s settings', async () => {
    const settings = [
      'kernel/core_pattern',
      'kernel/sysrq',
      'kernel/modprobe',
      'kernel/hostname',
      'vm/drop_caches',
      'vm/overcommit_memory',
      'fs/suid_dumpable',
      'user/max_user_namespaces',
    ]
    const read = () =>
      settings.map((name) => {
        try {
          return readFileSync(`/proc/sys/${name}`, 'utf8')
        } catch {
          return undefined
        }
      })
    const before = read()
    const run = await runShell(
      `for s in ${settings.join(' ')}; do echo 1 > /proc/sys/$s && echo "wrote $s"; done; echo b > /proc/sysrq-trigger && echo wrote; echo 0 > /proc/1/oom_score_adj && echo wrote; ls -l /proc/sys/kernel/core_pattern > /dev/null`,
      { policy },
    )
    expect(run.stdout).toBe('')
    expect(read()).toEqual(before)
  })

  test('a program can neither make devices nor change those of the sandbox', async () => {
    const before = statSync('/dev/null')
    const run = await runShell(
      'mknod b b 8 0; mknod c c 1 1; chmod 000 /dev/null; touch -d @1 /dev/null; rm -f /dev/null; ls -d /dev/sda /dev/vda /dev/mem /dev/kmsg /dev/tty /dev/ptmx /dev/kvm /dev/fuse',
      { policy },
    )
    expect(run.stdout).toBe('')
    expect(run.stderr.match(/mknod: .*Operation not permitted/g)).toHaveLength(2)
    const after = statSync('/dev/null')
    expect([after.mode, after.mtimeMs]).toEqual([before.mode, before.mtimeMs])
  })

  test('a setuid program gains nothing', async () => {
    const run = await runShell(
      'for p in su sudo mount umount passwd newgrp chsh pkexec; do command -v $p; done; grep -h CapEff /proc/self/status; cp /usr/bin/id /tmp/id; chmod 6755 /tmp/id; /tmp/id -u; su -c id </dev/null; mount -t tmpfs x /tmp; find / -xdev -perm -4000 -exec {} --help \\; 2>/dev/null | grep -i "uid=0"',
      { policy },
    )
    expect(run.stdout).toContain('CapEff:\t0000000000000000')
    expect(run.stdout).not.toContain('uid=0')
    const user = policy === policies[2][1] ? '0' : '1000'
    expect(run.stdout).toMatch(new RegExp(`^${user}$`, 'm'))
  })
})

test('links in a working directory lead to the sandbox’s own files, in every mode', async () => {
  const host = makeDirectory({ secret: 'host secret\n' })
  const source = giveToUser(makeDirectory())
  const before = snapshot(host)
  for (const mode of ['copy-on-write', 'read-only', 'read-write'] as const) {
    const run = await runShell(
      `ln -s ${host} d; cat d/secret; echo x > d/secret; ln ${host}/secret hard; cat hard; ln -s / r; cat r${host}/secret`,
      { workdir: { source, mode }, policy: bare() },
    )
    expect(run.stdout).toBe('')
  }
  expect(snapshot(host)).toBe(before)
})
