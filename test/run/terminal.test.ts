import { expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { needs } from './policies/language.ts'

const pty = `
import os
master, slave = os.openpty()
os.write(slave, b'42\\n')
print(os.read(master, 10), os.ttyname(slave), os.isatty(slave))
`

test.each(['strict', 'kiss', 'python'])(
  'a program makes pseudo-terminals of the sandbox’s own under policy %s, if the call allows it',
  async (policy) => {
    const run = await sandboxed('/usr/bin/python3', ['-c', pty], { policy, terminal: true })
    expect(run).toHaveStdout("b'42\\r\\n' /dev/pts/0 True\n")
    const without = await sandboxed('/usr/bin/python3', ['-c', pty], { policy })
    expect(without.stderr).toMatch(/OSError|FileNotFoundError|out of pty devices/)
  },
)

test('a policy may ask for terminals, and the call may override it', async () => {
  const policy = { extends: 'strict', terminal: true }
  const list = 'ls /dev /dev/pts 2>&1 | tr "\\n" " "'
  const run = await sandboxed('sh', ['-c', list], { policy })
  expect(run.stdout).toMatch(/ ptmx pts .*tty .*\/dev\/pts: ptmx $/)
  const without = await sandboxed('sh', ['-c', list], { policy, terminal: false })
  expect(without.stdout).not.toMatch(/ptmx|tty/)
})

test('script gives a program a terminal, and its prompt arrives before the answer', async (ctx) => {
  needs(ctx, 'script', 'bash')
  const menu =
    'test -t 0 && test -t 1 && read -p "How many? " n </dev/tty && echo "$((n + 1)) eggs"'
  const run = await sandboxed('script', ['-qec', `bash -c '${menu}'`, '/dev/null'], {
    terminal: true,
    stdin: '41\n',
  })
  expect(run).toSucceed()
  expect(run.stdout).toContain('How many? ')
  expect(run.stdout).toContain('42 eggs')
})

test('expect talks to a program that asks', async (ctx) => {
  needs(ctx, 'expect', 'bash')
  const dialogue = `
set timeout 10
spawn -noecho bash -c {read -p "How many? " n; echo "$((n + 1)) eggs"}
expect "How many? "
send "41\\r"
expect "42 eggs"
expect eof
`
  const run = await sandboxed('expect', ['-c', dialogue], { terminal: true })
  expect(run).toSucceed()
  expect(run.stdout).toContain('42 eggs')
})

test('a sandbox has few pseudo-terminals, and shows no others', async () => {
  const many = `
import os
made = []
try:
    while True: made.append(os.openpty())
except OSError: pass
print(len(made), sorted(os.listdir('/dev/pts'))[:2])
`
  const run = await sandboxed('/usr/bin/python3', ['-c', many], { terminal: true })
  expect(run).toHaveStdout("64 ['0', '1']\n")
})
