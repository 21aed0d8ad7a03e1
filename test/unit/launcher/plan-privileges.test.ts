import { describe, expect, test } from 'vitest'
import type { Step } from '../../../src/launcher/step.ts'
import { CLONE_NEWUSER } from '../../../src/linux/constants.ts'
import { calls, expectOrder, initSteps, root, samplePlan, user, workdirs } from './sample-plans.ts'

describe('for root', () => {
  const { steps } = samplePlan(root, { workdir: workdirs.overlay, files: [] })
  const init = initSteps(steps)

  test('the program’s user is unprivileged before it has a user namespace', () => {
    expectOrder(init, [
      'setgroups(0, NULL)',
      'setresgid(1073741826, 1073741826, 1073741826)',
      'setresuid(1073741825, 1073741825, 1073741825)',
      'prctl(PR_SET_DUMPABLE, 1)',
      'unshare(CLONE_NEWUSER)',
      'openat(8, "self/setgroups"',
      'openat(8, "self/uid_map"',
      'openat(8, "self/gid_map"',
      'prctl(PR_SET_DUMPABLE, 0)',
    ])
    const all = calls(init)
    const maps = all.filter((call) => /"1000 \d+ 1"/.test(call))
    expect(maps).toEqual([
      'write("/proc/self/uid_map", "1000 1073741825 1")',
      'write("/proc/self/gid_map", "1000 1073741826 1")',
    ])
  })

  test('no later step needs root', () => {
    const dropped = init.findIndex(({ syscall }) => syscall === 'setresuid')
    const needRoot =
      /^(mount|mount_setattr|umount2|pivot_root|setns|sethostname|mknodat|chroot|fchown|fchownat|setgroups|setresgid|setresuid|symlinkat|mkdirat|utimensat)$/
    const after = init.slice(dropped + 1).map(({ syscall }) => syscall)
    expect(after.filter((syscall) => needRoot.test(syscall))).toEqual([])
    expect(after).toContain('timerfd_create')
  })

  test('the program owns the streams that are Gradebox’s pipes', () => {
    const streams = (pipes: readonly number[]) =>
      calls(initSteps(samplePlan(root, { pipes }).steps)).filter((call) => /^fchown\(\d/.test(call))
    expect(streams([0, 2])).toEqual([
      'fchown(0, 1073741825, 1073741826)',
      'fchown(2, 1073741825, 1073741826)',
    ])
    expect(streams([])).toEqual([])
  })

  test('PDEATHSIG is set again, because the change of user clears it', () => {
    const all = calls(init)
    const dropped = all.indexOf('unshare(CLONE_NEWUSER)')
    expect(all.slice(dropped)).toContain('prctl(PR_SET_PDEATHSIG, SIGKILL)')
  })

  test('the namespaces are made without a user namespace, except that of the network', () => {
    const isUser = (step: Step) => step.syscall === 'unshare' && step.process === 'starter'
    expect(calls(steps.filter(isUser))).toEqual(['unshare(CLONE_NEWUSER|CLONE_NEWNET)'])
    const flags = steps.filter(({ store }) => store === 'starter.init').map(({ args }) => args[0])
    expect(flags.map((flag) => Number(flag) & CLONE_NEWUSER)).toEqual([0])
  })

  test('the program owns copied and overlaid files', () => {
    const owned = calls(init).filter((call) => call.startsWith('fchownat('))
    expect(owned).toMatchInlineSnapshot(`
      [
        "fchownat("/proc/0/upper", 1073741825, 1073741826)",
        "fchownat("/work/src", 1073741825, 1073741826)",
        "fchownat("/work/link", 1073741825, 1073741826)",
        "fchownat("/work/socket", 1073741825, 1073741826)",
        "fchownat("/work/src/main.py", 1073741825, 1073741826)",
      ]
    `)
  })
})

describe('for an ordinary user', () => {
  const { steps } = samplePlan(user)
  const init = initSteps(steps)

  test('the ids are mapped before the init is made, groups denied first', () => {
    const all = calls(steps)
    const made = all.findIndex((call) => call.startsWith('clone('))
    expect(all.slice(0, made).filter((call) => /^(unshare|openat\(8|write)/.test(call))).toEqual([
      'openat(8, "self/oom_score_adj", O_WRONLY|O_CLOEXEC, 0)',
      'write("/proc/self/oom_score_adj", "500")',
      'unshare(CLONE_NEWUSER)',
      'openat(8, "self/setgroups", O_WRONLY|O_CLOEXEC, 0)',
      'write("/proc/self/setgroups", "deny")',
      'openat(8, "self/uid_map", O_WRONLY|O_CLOEXEC, 0)',
      'write("/proc/self/uid_map", "0 1234 1")',
      'openat(8, "self/gid_map", O_WRONLY|O_CLOEXEC, 0)',
      'write("/proc/self/gid_map", "0 5678 1")',
    ])
  })

  test('the program’s user namespace is one level below, and owns nothing that the init made', () => {
    expectOrder(init, [
      'mount("/", MS_RDONLY',
      'setns(30, CLONE_NEWNET)',
      'write("/proc/sys/kernel/sem", "250 3200 32 128")',
      'unshare(CLONE_NEWUSER)',
      'write("/proc/self/uid_map", "1000 0 1")',
      'write("/proc/self/gid_map", "1000 0 1")',
      'write("/proc/sys/user/max_user_namespaces", "0")',
      'clone(CLONE_VM|CLONE_FILES|CLONE_VFORK',
    ])
  })

  test('no step changes the user or an owner', () => {
    const changes = /^(setres|setgroups|fchown)/
    expect(calls(init).filter((call) => changes.test(call))).toEqual([])
  })
})
