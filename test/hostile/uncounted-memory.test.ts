import { describe, expect, test } from 'vitest'
import { giveToUser, makeDirectory } from '../run/support/directory.ts'
import { runPython, runShell } from '../run/support/programs.ts'

const prelude = `
import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    ctypes.set_errno(0)
    result = libc[name](*args)
    print(name, errno.errorcode[ctypes.get_errno()] if result == -1 else 'ok')
def numbered(number, *args):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_ulong(each) for each in (number, *args)])
    print(number, errno.errorcode[ctypes.get_errno()] if result == -1 else 'ok')
`

describe.each(['strict', 'kiss', 'python', 'sanitizers'])('under policy %s', (policy) => {
  const run = (script: string) => runPython(prelude + script, { policy })

  test('a program cannot use io_uring, which no filter sees', async () => {
    const result = await run('for number in (425, 426, 427): numbered(number, 1, 0)')
    expect(result).toHaveStdout('425 ENOSYS\n426 ENOSYS\n427 ENOSYS\n')
  })

  test('a program cannot make Landlock rulesets, whose memory no limit counts', async () => {
    const result = await run('numbered(444, 0, 0, 1)')
    expect(result).toHaveStdout('444 ENOSYS\n')
  })

  test('a program is refused memory that belongs to no process', async () => {
    const result = await run(`
import fcntl, mmap, socket
page = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
for advice in (12, 21): call('madvise', ctypes.c_ulong(address), ctypes.c_ulong(4096), advice)
call('prctl', 67, 1, 0, 0, 0)
call('memfd_create', b'x', 4)
call('memfd_create', b'x', 1)
call('vmsplice', 1, 0, 0, 0)
read, write = os.pipe()
call('fcntl', write, 1031, 1 << 20)
pair = socket.socketpair()
before = pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
print(before == pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))
call('semget', 0, 32000, 0o600)
`)
    expect(result).toHaveStdout(
      [
        'madvise EINVAL\nmadvise EINVAL\nprctl EINVAL\nmemfd_create EINVAL\nmemfd_create ok',
        'vmsplice ENOSYS\nfcntl EPERM\nTrue\nsemget EINVAL\n',
      ].join('\n'),
    )
  })

  test('a program may queue only few signals for the init', async () => {
    const result = await run(`
count = 0
while libc.sigqueue(1, 40, ctypes.c_void_p(0)) == 0: count += 1
print(count <= 16)
`)
    expect(result).toHaveStdout('True\n')
  })

  test('nice and setpriority succeed on the program itself and fail on the init', async () => {
    const result = await run(`
call('setpriority', 0, 0, 5)
call('setpriority', 0, 1, 5)
call('setpriority', 2, 0, 5)
`)
    expect(result).toHaveStdout('setpriority ok\nsetpriority EPERM\nsetpriority EPERM\n')
  })
})

test.each(['strict', 'kiss'])(
  'a program cannot make a set-user-ID file in a read-write working directory under policy %s',
  async (policy) => {
    const source = giveToUser(makeDirectory())
    const result = await runPython(
      `${prelude}
for flags, mode in ((0o101, 0o4755), (0o101, 0o2755), (0o20200001, 0o4755)):
    try: os.close(os.open('.' if flags > 0o1000 else 'made', flags, mode)); print('made')
    except OSError as error: print(errno.errorcode[error.errno])
open('file', 'w').close()
for mode in (0o4755, 0o2755):
    for change in (os.chmod, lambda path, mode: os.fchmod(os.open(path, 0), mode)):
        try: change('file', mode); print('changed')
        except OSError as error: print(errno.errorcode[error.errno])
call('mknod', b'node', 0o104755, 0)
os.mkdir('directory', 0o6755)
`,
      { policy, workdir: { source, mode: 'read-write' } },
    )
    expect(result).toHaveStdout(`${'EPERM\n'.repeat(7)}mknod EPERM\n`)
    const found = await runShell('find . -perm /6000', {
      policy,
      workdir: { source, mode: 'read-only' },
    })
    expect(found).toHaveStdout('')
  },
)

test('the files of /proc about the machine’s hardware and disks are covered', async () => {
  const result = await runShell(
    'cat /proc/interrupts; ls /proc/fs /proc/acpi 2>/dev/null | grep -v :',
  )
  expect(result.stdout.trim()).toBe('')
})
