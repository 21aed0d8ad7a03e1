import { describe, expect, test } from 'vitest'
import { type Step, stepsOf, text } from '../../../../src/launcher/step.ts'
import { AT_FDCWD, MS_BIND, MS_REC } from '../../../../src/linux/constants.ts'
import { namespaceHint, stepError } from '../../../../src/runner/judge/failure.ts'

const [EPERM, ENOENT, ENOSPC, EINVAL] = [1, 2, 28, 22]

const bind = (failure?: Step['failure']): Step =>
  stepsOf('init')('mount', [text('/opt/jdk'), text('opt/jdk'), 0, MS_BIND | MS_REC, 0], {
    ...(failure === undefined ? {} : { failure }),
  })

describe('a failed step', () => {
  test('causes an error with its call, its errno and a remedy', () => {
    const error = stepError(bind({ code: 'MOUNT_FAILED', hint: 'Mount something else.' }), -ENOENT)
    expect(error.code).toBe('MOUNT_FAILED')
    expect(error.hint).toBe('Mount something else.')
    expect(error.step).toEqual({
      syscall: 'mount',
      call: 'mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC)',
      errno: 'ENOENT',
      process: 'init',
    })
    expect(error.message).toMatchInlineSnapshot(`
      "The sandbox could not be set up: mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC): ENOENT: no such file or directory
        hint: Mount something else.
        see: docs/errors.md#mount_failed"
    `)
  })

  test('is a failure of the set-up where the plan names no error for it', () => {
    const error = stepError(bind(), -EPERM)
    expect(error.code).toBe('SETUP_FAILED')
    expect(error.hint).toBeUndefined()
    expect(error.message).toMatchInlineSnapshot(
      `
      "The sandbox could not be set up: mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC): EPERM: operation not permitted
        see: docs/errors.md#setup_failed"
    `,
    )
  })

  test('may have a result that is not an error, and not the expected result either', () => {
    const open = stepsOf('init')('openat', [AT_FDCWD, text('/proc'), 0, 0])
    const error = stepError(open, 9)
    expect(error.step?.errno).toBe('result 9')
    expect(error.message).toMatchInlineSnapshot(
      `
      "The sandbox could not be set up: openat(AT_FDCWD, "/proc", O_RDONLY, 0): unexpected result 9
        see: docs/errors.md#setup_failed"
    `,
    )
  })

  test('that lacks space names the limit to raise', () => {
    const error = stepError(bind({ code: 'SETUP_FAILED', hint: 'Write less.' }), -ENOSPC)
    expect(error.hint).toMatchInlineSnapshot(
      `"The sandbox's file system is full: raise limits.disk. Write less."`,
    )
    expect(stepError(bind(), -ENOSPC).hint).toMatchInlineSnapshot(
      `"The sandbox's file system is full: raise limits.disk."`,
    )
  })

  test('with an errno without a name has the number in its message', () => {
    expect(stepError(bind(), -4000).message).toMatchInlineSnapshot(
      `
      "The sandbox could not be set up: mount("/opt/jdk" -> "/opt/jdk", MS_BIND|MS_REC): errno 4000: error number 4000
        see: docs/errors.md#setup_failed"
    `,
    )
  })

  test('that makes a namespace names the setting that forbids it', () => {
    const clone = stepsOf('starter')('clone', [0, 0, 0, 0, 0], {
      failure: { code: 'NAMESPACES_UNAVAILABLE' },
    })
    const { code, hint, step } = stepError(clone, -EPERM)
    expect(code).toBe('NAMESPACES_UNAVAILABLE')
    expect(step?.process).toBe('starter')
    expect(hint).toMatch(/sysctl|container/)
  })

  test('that makes a namespace keeps the hint of the plan', () => {
    const hint = 'Unmask /proc.'
    const mount = bind({ code: 'NAMESPACES_UNAVAILABLE', hint })
    expect(stepError(mount, -EINVAL).hint).toBe(hint)
  })
})

describe('the obstacle to a user’s namespaces', () => {
  const hintWith = (settings: Record<string, string>, errno = 'EPERM') =>
    namespaceHint(errno, (path) => settings[path])

  test.each([
    [{ 'user/max_user_namespaces': '0' }],
    [{ 'kernel/unprivileged_userns_clone': '0' }],
    [{ 'kernel/apparmor_restrict_unprivileged_userns': '1' }],
  ])('is a setting: %j', (settings) => {
    expect(hintWith(settings)).toMatchSnapshot()
  })

  test('is a number of namespaces', () => {
    const enough = { 'user/max_user_namespaces': '15000' }
    expect(hintWith(enough, 'ENOSPC')).toMatchInlineSnapshot(
      `"Too many namespaces exist: see the limits in /proc/sys/user, or lower \`concurrency\`."`,
    )
  })

  test('is a read-only /proc/sys', () => {
    expect(hintWith({ 'user/max_user_namespaces': '15000' }, 'EROFS')).toMatchInlineSnapshot(
      `"/proc/sys is read-only here, as in containers. Docker: --security-opt systempaths=unconfined"`,
    )
  })

  test('is a container otherwise', () => {
    const allowed = {
      'user/max_user_namespaces': '15000',
      'kernel/unprivileged_userns_clone': '1',
      'kernel/apparmor_restrict_unprivileged_userns': '0',
    }
    expect(hintWith(allowed)).toMatchInlineSnapshot(
      `"A container must allow namespaces; Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"`,
    )
    expect(hintWith({})).toBe(hintWith(allowed))
  })

  test('is the first of several', () => {
    const all = {
      'user/max_user_namespaces': '0',
      'kernel/unprivileged_userns_clone': '0',
      'kernel/apparmor_restrict_unprivileged_userns': '1',
    }
    expect(hintWith(all, 'ENOSPC')).toMatch('user.max_user_namespaces')
  })
})
