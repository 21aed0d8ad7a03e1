import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { type Argument, at, bytes, load, stepsOf, text, words } from '../../../src/launcher/step.ts'
import {
  AT_FDCWD,
  CLONE_NEWNET,
  CLONE_NEWNS,
  MS_BIND,
  MS_NODEV,
  MS_PRIVATE,
  MS_REC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDWR,
  O_WRONLY,
  S_IFREG,
  SIGCHLD,
} from '../../../src/linux/constants.ts'

const describeCall = (syscall: string, ...args: Argument[]): string =>
  describeStep(stepsOf('init')(syscall, args))

test.each([
  [
    describeCall('mount', text('/usr'), text('usr'), 0, MS_BIND | MS_REC, 0),
    'mount("/usr" -> "/usr", MS_BIND|MS_REC)',
  ],
  [
    describeCall('mount', text('tmpfs'), text('/tmp'), text('tmpfs'), MS_NODEV, text('size=1')),
    'mount("tmpfs" -> "/tmp", "tmpfs", MS_NODEV, "size=1")',
  ],
  [describeCall('mount', 0, text('/'), 0, 0, 0), 'mount("/", 0)'],
  [describeCall('mount', text('a'), text('../upper'), 0, 0, 0), 'mount("a" -> "../upper", 0)'],
  [describeCall('mount', 0, text('a'), 0, 1 << 30, 0), 'mount("/a", 0x40000000)'],
  [
    describeCall('mount_setattr', AT_FDCWD, text('usr'), 0x8000, words(1 | 2, 0, 0, 0), 32),
    'mount_setattr("/usr", AT_RECURSIVE, MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID)',
  ],
  [
    describeCall('clone', CLONE_NEWNS | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0),
    'clone(CLONE_NEWNS|CLONE_NEWNET|SIGCHLD)',
  ],
  [describeCall('unshare', CLONE_NEWNET), 'unshare(CLONE_NEWNET)'],
  [
    describeCall('openat', AT_FDCWD, text('a'), O_WRONLY | O_CREAT | O_CLOEXEC, 0),
    'openat(AT_FDCWD, "a", O_WRONLY|O_CREAT|O_CLOEXEC, 0)',
  ],
  [
    describeCall('openat', 7, text('a'), O_RDWR | O_DIRECTORY.x64, 0),
    'openat(7, "a", O_RDWR|O_DIRECTORY, 0)',
  ],
  [
    describeCall('openat', 7, text('a'), O_DIRECTORY.arm64 | O_NOFOLLOW.arm64, 0),
    'openat(7, "a", O_RDONLY|O_DIRECTORY|O_NOFOLLOW, 0)',
  ],
  [
    describeCall('openat2', load('init.source'), text('a'), words(O_NOFOLLOW.x64, 0, 0), 24),
    'openat2(init.source, "a", O_RDONLY|O_NOFOLLOW)',
  ],
  [describeCall('mkdirat', AT_FDCWD, text('tmp'), 0o1777), 'mkdirat("/tmp", 01777)'],
  [describeCall('mknodat', AT_FDCWD, text('a'), S_IFREG | 0o444, 0), 'mknodat("/a", 0444)'],
  [
    describeCall('symlinkat', text('usr/bin'), AT_FDCWD, text('bin')),
    'symlinkat("usr/bin", "/bin")',
  ],
  [describeCall('fchownat', AT_FDCWD, text('work'), 1, 2, 0), 'fchownat("/work", 1, 2)'],
  [describeCall('prctl', 38, 1, 0, 0, 0), 'prctl(PR_SET_NO_NEW_PRIVS, 1)'],
  [describeCall('prctl', 9999, 1, 0, 0, 0), 'prctl(0x270f, 1)'],
  [describeCall('prlimit64', 0, 6, words(9, 9), 0), 'prlimit64(RLIMIT_NPROC, [9, 9])'],
  [
    describeCall('wait4', load('init.pid'), at('init.status'), 1, 0),
    'wait4(init.pid, &init.status, WNOHANG, NULL)',
  ],
  [describeCall('write', 3, bytes(new Uint8Array(7)), 7), 'write(3, <7 bytes>, 7)'],
  [describeCall('prctl', 1, 9, 0, 0, 0), 'prctl(PR_SET_PDEATHSIG, SIGKILL)'],
  [describeCall('prctl', 24, 21, 0, 0, 0), 'prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)'],
  [describeCall('prctl', 24, 63, 0, 0, 0), 'prctl(PR_CAPBSET_DROP, 63)'],
  [
    describeCall('capset', words(0x20080522), words(0, 1, 0)),
    'capset(_LINUX_CAPABILITY_VERSION_3, [0, 1, 0])',
  ],
  [describeCall('rt_sigprocmask', 2, words(0), 0, 8), 'rt_sigprocmask(SIG_SETMASK, [])'],
  [
    describeCall('rt_sigprocmask', 2, words(1 << 16), 0, 8),
    'rt_sigprocmask(SIG_SETMASK, [SIGCHLD])',
  ],
  [describeCall('fcntl', 3, 2, 1), 'fcntl(3, F_SETFD, FD_CLOEXEC)'],
  [describeCall('fcntl', 8, 1), 'fcntl(8, F_GETFD)'],
  [describeCall('setns', 20, CLONE_NEWNET), 'setns(20, CLONE_NEWNET)'],
  [describeCall('close_range', 7, 0xffff_ffff, 0), 'close_range(7, ~0, 0)'],
  [describeCall('socket', 2, 2 | O_CLOEXEC, 0), 'socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0)'],
  [
    describeCall('mmap', 4096, 1, 3, 0x12, 5, 0),
    'mmap(0x1000, 1, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 5, 0)',
  ],
  [
    describeCall('timerfd_settime', 5, 0, words(0, 0, 1, 5), 0),
    'timerfd_settime(5, 0, 1.000000005 s)',
  ],
  [
    describeCall('seccomp', 1, 8, words(7, at('filter.code'))),
    'seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, 7 instructions)',
  ],
  [describeCall('kill', -1, 9), 'kill(-1, SIGKILL)'],
  [describeCall('ioctl', 0, 0x540e, 0), 'ioctl(0, TIOCSCTTY, 0)'],
  [
    describeCall(
      'execve',
      text('/bin/sh'),
      words(text('sh'), text('a "b"\n'), 0),
      words(text('K=V'), 0),
    ),
    String.raw`execve("/bin/sh", ["sh", "a \"b\"\n", 0])`,
  ],
])('a step is shown as a person would read the call: %s', (shown, expected) => {
  expect(shown).toBe(expected)
})

test('a change of a mount by its descriptor is not shown as a change of the root', () => {
  const shown = describeCall(
    'mount_setattr',
    load('init.from'),
    text(''),
    0x1000,
    words(2, 0, 0),
    32,
  )
  expect(shown).toBe('mount_setattr(init.from, AT_EMPTY_PATH, MOUNT_ATTR_NOSUID)')
})

test('a step with a description of its own is shown by that description', () => {
  const how = { shown: '"/work/a", 4 bytes' }
  const step = stepsOf('init')('write', [load('init.fd'), bytes(new Uint8Array(4)), 4], how)
  expect(describeStep(step)).toBe('write("/work/a", 4 bytes)')
})

test('the constants of two kinds of calls stay distinct', () => {
  expect(describeCall('mount', 0, text('/'), 0, MS_PRIVATE | MS_REC, 0)).toBe(
    'mount("/", MS_REC|MS_PRIVATE)',
  )
  const at = describeCall('mount_setattr', load('tree.fd0'), text(''), 0x9000, words(0), 32)
  expect(at).toBe('mount_setattr(tree.fd0, AT_EMPTY_PATH|AT_RECURSIVE, 0)')
})

describe('a long call', () => {
  test('is cut', () => {
    const shown = describeCall('write', 1, text('x'.repeat(1000)), 1000)
    expect(shown).toHaveLength(401)
    expect(shown.endsWith('x…')).toBe(true)
    const said = stepsOf('init')('write', [], { shown: 'y'.repeat(1000) })
    expect(describeStep(said)).toBe(`write(${'y'.repeat(394)}…`)
  })
})
