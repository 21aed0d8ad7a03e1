import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { policy, root, samplePlan, user } from './sample-plans.ts'

const terminal = { streams: [0, 1, 2], size: { rows: 24, columns: 80 } }

const calls = (...plan: Parameters<typeof samplePlan>) =>
  samplePlan(...plan).steps.map((step) => `${step.process} ${describeStep(step)}`)

/** The steps that a terminal adds. */
const added = (flow: typeof user, changes = {}) => {
  const without = new Set(calls(flow, changes))
  return calls(flow, { ...changes, terminal }).filter((call) => !without.has(call))
}

describe('a pseudo-terminal', () => {
  test('is made in the sandbox’s own devpts; its master goes to the caller alone', () => {
    expect(added(user)).toEqual([
      'init mknodat("/dev/tty", 0444)',
      'init mount("/dev/tty" -> "/dev/tty", MS_BIND|MS_REC)',
      'init mount_setattr("/dev/tty", AT_RECURSIVE, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NOEXEC)',
      'init mkdirat("/dev/pts", 0755)',
      'init mount("devpts" -> "/dev/pts", "devpts", MS_NOSUID|MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,max=64")',
      'init symlinkat("pts/ptmx", "/dev/ptmx")',
      'init openat(AT_FDCWD, "dev/pts/ptmx", O_RDWR|O_NOCTTY|O_CLOEXEC, 0)',
      'init dup3(init.fd, 34, O_CLOEXEC)',
      'init ioctl(master, TIOCSPTLCK, 0)',
      'init ioctl(master, TIOCSWINSZ, 24 rows, 80 columns)',
      'init ioctl(master, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC)',
      'init sendmsg(0, SCM_RIGHTS [master])',
      'init close(34)',
      'init dup3(init.fd, 0, 0)',
      'init dup3(init.fd, 1, 0)',
      'init dup3(init.fd, 2, 0)',
      'target ioctl(0, TIOCSCTTY, 0)',
    ])
  })

  test('is given to the program, which is not root, before root’s privileges are given up', () => {
    const all = calls(root, { terminal, pipes: [0] })
    const given = all.indexOf('init fchown(0, 1073741825, 1073741826)')
    expect(given).toBeGreaterThan(all.indexOf('init dup3(init.fd, 2, 0)'))
    expect(given).toBeLessThan(all.findIndex((call) => call.startsWith('init setresuid')))
  })

  test('comes after the old root is gone, and before the new one is read-only', () => {
    const all = calls(user, { terminal })
    const at = (start: string) => all.findIndex((call) => call.startsWith(`init ${start}`))
    expect(at('umount2(".", MNT_DETACH)')).toBeLessThan(at('mount("devpts"'))
    expect(at('mount("devpts"')).toBeLessThan(at('mount("/", MS_RDONLY'))
  })

  test('belongs to the session, which is made first', () => {
    const target = calls(user, { terminal }).filter((call) => call.startsWith('target'))
    expect(target[0]).toBe('target setsid()')
    expect(target).toContain('target ioctl(0, TIOCSCTTY, 0)')
  })

  test('leaves a /dev that the policy mounts unchanged, except for /dev/pts', () => {
    const dev = {
      type: 'bind',
      source: '/dev',
      target: '/dev',
      writable: false,
      optional: false,
    } as const
    const own = added(user, { policy: { ...policy, mounts: [dev] } })
    expect(own.filter((call) => /"\/dev\/(tty|ptmx)"/.test(call))).toEqual([])
    expect(own.some((call) => call.includes('"devpts" -> "/dev/pts"'))).toBe(true)
  })
})
