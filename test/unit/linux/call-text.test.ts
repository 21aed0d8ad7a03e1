import { expect, test } from 'vitest'
import { callText, ownArguments } from '../../../src/linux/calls/call-text.ts'

const JUNK = 0xdead_beefn

const text = (name: string, ...args: (number | bigint)[]) =>
  callText(
    name,
    'x64',
    [...args.map((each) => BigInt.asUintN(64, BigInt(each))), ...six].slice(0, 6),
  )
const six = [JUNK, JUNK, JUNK, JUNK, JUNK, JUNK]

test.each([
  [text('socket', 2, 1, 0), 'socket(AF_INET, SOCK_STREAM, 0)'],
  [text('socket', 16, 0x80803, 15), 'socket(AF_NETLINK, SOCK_RAW|SOCK_NONBLOCK|SOCK_CLOEXEC, 15)'],
  [text('socket', 99, 9, 0), 'socket(0x63, 0x9, 0)'],
  // The kernel reads 32 bits.
  [text('socket', 0x7_0000_0002n, 1, 0), 'socket(AF_INET, SOCK_STREAM, 0)'],
  [text('getpid'), 'getpid()'],
  [text('clone', 0x1000_0011, 0, 0, 0, 0), 'clone(CLONE_NEWUSER|SIGCHLD, NULL, NULL, NULL, NULL)'],
  [
    text('clone', 0x3d0f00, 0x7f01_2345_6000n, 0x10, 0x20, 0x30),
    'clone(CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|' +
      'CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, 0x7f0123456000, 0x10, 0x20, 0x30)',
  ],
  [text('unshare', 0x1002_0000), 'unshare(CLONE_NEWNS|CLONE_NEWUSER)'],
  [text('ioctl', 0, 0x5412, 0x7ffc), 'ioctl(0, TIOCSTI, 0x7ffc)'],
  [text('ioctl', -1, 0x1234_5678, 0), 'ioctl(-1, 0x12345678, 0)'],
  [text('prctl', 15, 0x7ffc), 'prctl(PR_SET_NAME, 0x7ffc)'],
  [text('prctl', 3), 'prctl(PR_GET_DUMPABLE)'],
  [text('prctl', 35, 1, 2, 3, 4), 'prctl(PR_SET_MM, 0x1, 0x2, 0x3, 0x4)'],
  [text('openat', -100, 0x7ffc, 0x80000), 'openat(AT_FDCWD, 0x7ffc, O_RDONLY|O_CLOEXEC)'],
  [text('openat', 3, 0x7ffc, 0x241, 0o644), 'openat(3, 0x7ffc, O_WRONLY|O_CREAT|O_TRUNC, 0644)'],
  [text('open', 0x7ffc, 0x410002, 0o600), 'open(0x7ffc, O_RDWR|O_TMPFILE, 0600)'],
  [
    text('mmap', 0, 4096, 3, 0x22, -1, 0),
    'mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)',
  ],
  [text('mprotect', 0x1000, 4096, 0), 'mprotect(0x1000, 4096, PROT_NONE)'],
  [text('kill', -1, 9), 'kill(-1, SIGKILL)'],
  [text('tgkill', 5, 6, 34), 'tgkill(5, 6, SIGRTMIN+0)'],
  [text('ptrace', 16, 1, 0, 0), 'ptrace(PTRACE_ATTACH, 1, NULL, 0)'],
  [text('ptrace', 0x4206, 1, 0, 0), 'ptrace(PTRACE_SEIZE, 1, NULL, 0)'],
  [text('bpf', 5, 0x10, 128), 'bpf(BPF_PROG_LOAD, 0x10, 128)'],
  [text('mount', 1, 2, 3, 4096 | 1, 0), 'mount(0x1, 0x2, 0x3, MS_RDONLY|MS_BIND, NULL)'],
  [text('futex', 0x10, 0x80, 2, 0, 0, 0), 'futex(0x10, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0)'],
  [text('fcntl', 3, 3), 'fcntl(3, F_GETFL)'],
  [text('fcntl', 3, 1030, 10), 'fcntl(3, F_DUPFD_CLOEXEC, 0xa)'],
  [text('lseek', 3, -5, 2), 'lseek(3, -5, SEEK_END)'],
  [text('access', 0x10, 4), 'access(0x10, R_OK)'],
  [text('mknodat', -100, 0x10, 0o20600, 0x103), 'mknodat(AT_FDCWD, 0x10, S_IFCHR|0600, 0x103)'],
  [text('personality', 0x40000), 'personality(PER_LINUX|ADDR_NO_RANDOMIZE)'],
  [text('personality', 0xffff_ffff), 'personality(0xffffffff)'],
  [text('keyctl', 1, 0, 0, 0, 0), 'keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0)'],
  [text('prlimit64', 0, 7, 0, 0x10), 'prlimit64(0, RLIMIT_NOFILE, NULL, 0x10)'],
  [text('unlinkat', -100, 0x10, 0x200), 'unlinkat(AT_FDCWD, 0x10, AT_REMOVEDIR)'],
  [text('rt_sigprocmask', 2, 0, 0x10, 8), 'rt_sigprocmask(SIG_SETMASK, NULL, 0x10, 8)'],
  // The process has ended, so nothing else can name its arguments.
  [text('tuxcall', 1, 0, 0, 0, 0, 0), 'tuxcall(0x1, 0, 0, 0, 0, 0)'],
])('%s', (written, expected) => {
  expect(written).toBe(expected)
})

test('arguments differ between machines where the kernel’s do', () => {
  const registers = [0x11n, 0n, 0x10n, 0x20n, 0x30n, JUNK]
  expect(callText('clone', 'x64', registers)).toBe('clone(SIGCHLD, NULL, 0x10, 0x20, 0x30)')
  expect(callText('openat', 'arm64', [3n, 1n, 0o40000n, 0n, 0n, 0n])).toBe(
    'openat(3, 0x1, O_RDONLY|O_DIRECTORY)',
  )
  expect(callText('openat', 'x64', [3n, 1n, 0o200000n, 0n, 0n, 0n])).toBe(
    'openat(3, 0x1, O_RDONLY|O_DIRECTORY)',
  )
})

test('a call is shown with its arguments, and no other registers', () => {
  expect(ownArguments('socket', 'x64', six)).toHaveLength(3)
  expect(ownArguments('getpid', 'x64', six)).toHaveLength(0)
  expect(ownArguments('syscall 9999', 'x64', six)).toHaveLength(6)
})
