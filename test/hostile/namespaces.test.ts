import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { uidZero } from '../run/support/policies.ts'
import { runC, runShell } from '../run/support/programs.ts'
import { lacks } from '../run/support/tools.ts'

const unfiltered = [
  ['kiss', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const

describe.skipIf(lacks('gcc')).each(unfiltered)(
  'without a filter, under policy %s,',
  (_, policy) => {
    test.each([
      ['unshare-user', 'a user namespace by unshare: its limit is 0'],
      ['clone-user', 'a user namespace by clone: its limit is 0'],
      ['clone3-user', 'a user namespace by clone3: its limit is 0'],
      ['unshare-mount', 'a mount namespace: no capability'],
      ['unshare-pid', 'a process namespace: no capability'],
      ['unshare-net', 'a network namespace: no capability'],
      ['setns-self', 'its own user namespace again: not allowed'],
      ['setns-init', 'the namespaces of the init: no capability'],
      ['mount-tmpfs', 'a mount: no capability'],
      ['mount-proc', 'a mount of /proc: no capability'],
      ['remount-rw', 'to make /usr writable by a remount: no capability'],
      ['bind-rw', 'to bind /usr once more: no capability'],
      ['umount', 'to take /usr away: no capability'],
      ['umount-proc', 'to take /proc away: no capability'],
      ['mount-setattr', 'to make mounts writable by mount_setattr: no capability'],
      ['open-tree', 'to copy the mounts by open_tree: no capability'],
      ['fsopen', 'to make a file system by fsopen: no capability'],
      ['pivot-root', 'another root by pivot_root: no capability'],
      ['chroot', 'another root by chroot: no capability'],
      ['mknod', 'a device: no capability'],
      ['chown', 'to give a file away: no capability'],
      ['setuid', 'to become another user: no capability, and no other is mapped'],
      ['setgroups', 'to join a group: denied for ever'],
      ['sethostname', 'to rename the host: no capability'],
      ['settime', 'to set the clock: no capability'],
      ['capset', 'to give itself a capability: none is permitted'],
      ['ambient', 'to raise an ambient capability: none is permitted'],
      ['securebits', 'to change its securebits: they are locked'],
      ['reboot', 'to reboot: no capability'],
      ['bpf', 'to load a BPF program: no capability'],
      ['module', 'to load a kernel module: no capability'],
      ['raw-socket', 'a raw socket: no capability'],
      ['open-by-handle', 'to open a file by its handle: no capability'],
      ['nice', 'to have more than its share of the processor: no capability'],
      ['raise-limit', 'to raise a hard limit: no capability'],
    ])('%s: the kernel refuses the program: %s', async (attempt) => {
      const run = await runC('escape', [attempt], { policy, limits: { openFiles: 64 } })
      expect(run.stdout).toMatch(/^refused: /)
      expect(run).toExitWith(0)
    })

    test('the program can write to no mount but its own', async () => {
      const run = await runShell('cat /proc/self/mounts', { policy })
      const writable = run.stdout
        .split('\n')
        .filter((line) => / rw[, ]/.test(line))
        .map((line) => line.split(' ')[1])
      expect(writable.sort()).toEqual(['/dev/shm', '/proc', '/tmp', '/work'])
    })
  },
)

test('the limit on user namespaces belongs to the sandbox: the host’s keeps its value', async () => {
  const before = readFileSync('/proc/sys/user/max_user_namespaces', 'utf8')
  const run = await runShell(
    'cat /proc/sys/user/max_user_namespaces; echo 9 > /proc/sys/user/max_user_namespaces',
  )
  expect(run.stdout).toBe('0\n')
  expect(run.stderr).toContain('cannot create')
  expect(readFileSync('/proc/sys/user/max_user_namespaces', 'utf8')).toBe(before)
})
