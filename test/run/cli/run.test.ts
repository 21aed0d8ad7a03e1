import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { giveToUser, makeDirectory } from '../support/directory.ts'
import { eventually, makeMarker, processesWith } from '../support/processes.ts'
import { gradebox, stable, startGradebox } from './cli.ts'

describe('the exit code', () => {
  test('is the program’s', () => {
    expect(gradebox(['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  test('is 128 and the number of the signal that ended it', () => {
    expect(gradebox(['run', '--', 'sh', '-c', 'kill -SEGV $$'])).toEqual({
      code: 139,
      stdout: '',
      stderr: 'gradebox: killed by SIGSEGV (invalid memory access)\n',
    })
  })

  test('is 137 at the walltime, with a message', () => {
    expect(gradebox(['run', '--limit-walltime', '300ms', '--', 'sleep', '60'])).toEqual({
      code: 137,
      stdout: '',
      stderr: 'gradebox: ran longer than the walltime limit of 300 ms\n',
    })
  })

  test.for([
    ['x.py', 0o644, '`gradebox run -w . -- python3 ./x.py`'],
    ['./x.py', 0o755, '`gradebox run -w . -- ./x.py`'],
    ['sub/main.c', 0o644, '`gradebox run -w . -- ./sub/main.c`'],
  ] as const)(
    'is 125 for a file that only this machine has, and the message shows the flags for it: %s',
    ([file, mode, line]) => {
      const cwd = makeDirectory()
      mkdirSync(join(cwd, 'sub'))
      writeFileSync(join(cwd, file), '#!/bin/sh\n', { mode })
      const { code, stderr } = gradebox(['run', file], { cwd })
      expect(code).toBe(125)
      expect(stderr).toContain(
        `  hint: This machine has the file "${file}", and the sandbox does not show it: show this directory, writable, with \`-w .\`, and run it as ${line}.\n`,
      )
    },
  )

  test('comes with a hint when a program fails with an argument that only this machine has', () => {
    const cwd = makeDirectory()
    writeFileSync(join(cwd, 'x.txt'), '')
    giveToUser(cwd)
    const hint = '  hint: This machine has the file "x.txt", and the sandbox does not show it: '
    expect(gradebox(['run', 'cat', 'x.txt'], { cwd }).stderr).toContain(hint)
    const outside = gradebox(['run', 'cat', join(cwd, 'x.txt')], { cwd: '/' }).stderr
    expect(outside).toContain(`show it with \`--ro-bind ${join(cwd, 'x.txt')}\``)
    // The program fails for another reason, or does not fail.
    const silent = [
      ['-w', '.', 'grep', 'word', 'x.txt'],
      ['--ro-bind', 'x.txt:/work/x.txt', 'grep', 'word', 'x.txt'],
      ['echo', 'x.txt'],
      ['cat', 'y.txt'],
    ].map((args) => gradebox(['run', ...args], { cwd }).stderr)
    expect(silent.filter((text) => text.includes('hint'))).toEqual([])
  })

  test('is 125 when there is no such program', () => {
    const { code, stderr } = gradebox(['run', 'no-such-program'])
    expect(code).toBe(125)
    expect(stderr).toMatchInlineSnapshot(`
      "error: The program "no-such-program" was not found in the sandbox's PATH (/usr/local/bin:/usr/bin:/bin)
        hint: A program of the working directory is run as "./name"; mount the files that the policy's mounts do not show.
        see: docs/errors.md#program_not_found
      "
    `)
  })

  test('is 125 for a wrong command line', () => {
    const wrong = [
      ['--uidd', '1'],
      ['--uid', 'x'],
      ['--gid', '4294967295'],
      ['--hostname', 'a b'],
      ['--ro-bind', '/usr:usr'],
      ['--rw-bind', ':/usr'],
      ['--setenv', 'NAME'],
      ['--limit-walltime', '0'],
      ['--limit-as', '1 gig'],
      ['--limit-nofile', '1.5'],
    ]
    const runs = [
      ...wrong.map((flags) => gradebox(['run', ...flags, '--', 'true'])),
      gradebox(['run', '--policy-file']),
    ]
    expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 125))
    expect(runs.map(({ stderr }) => stderr).join('')).toMatchInlineSnapshot(`
      "error: unknown option '--uidd'
      (Did you mean --uid?)
      error: option '-u, --uid <ID>' argument 'x' is invalid. Expected a whole number from 0 to 4294967294.
      error: option '-g, --gid <ID>' argument '4294967295' is invalid. Expected a whole number from 0 to 4294967294.
      error: option '--hostname <NAME>' argument 'a b' is invalid. Expected 1 to 64 letters, digits, dots and hyphens.
      error: option '--ro-bind <HOST[:BOX]>' argument '/usr:usr' is invalid. Expected BOX to be an absolute path in the sandbox, below "/" and without "..".
      error: option '--rw-bind <HOST[:BOX]>' argument ':/usr' is invalid. Expected a path of the host, or HOST:BOX.
      error: option '--setenv <NAME=VALUE>' argument 'NAME' is invalid. Expected NAME=VALUE.
      error: option '--limit-walltime <N>' argument '0' is invalid. Expected seconds, text such as 1.5s or 200ms, or unlimited, above 0.
      error: option '--limit-as <N>' argument '1 gig' is invalid. Expected bytes, text such as 64MiB, or unlimited.
      error: option '--limit-nofile <N>' argument '1.5' is invalid. Expected a number, or unlimited, above 0.
      error: option '--policy, --policy-file <FILE>' argument missing
      "
    `)
  })

  test('is 125 for a policy that is missing or not valid', () => {
    const runs = ['strct', './none.toml', 'fixtures/policies/bad/units.toml'].map((policy) =>
      gradebox(['run', '--policy-file', policy, '--', 'true']),
    )
    expect(runs.map(({ code }) => code)).toEqual([125, 125, 125])
    expect(stable(runs.map(({ stderr }) => stderr).join(''))).toMatchInlineSnapshot(`
      "error: Invalid policy: unknown name "strct"; did you mean "strict"?
        hint: Shipped policies: (all). A path has a slash or ends in .toml.
        see: docs/errors.md#policy_invalid
      error: Invalid policy ./none.toml: there is no such file
        see: docs/errors.md#policy_invalid
      error: Invalid policy, 2 problems:
        ./fixtures/policies/bad/units.toml:2:10: limits.memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "1.5 gigs"
            1 | [limits]
          > 2 | memory = "1.5 gigs"
              |          ^
            3 | walltime = "10 parsecs"
        ./fixtures/policies/bad/units.toml:3:12: limits.walltime: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got "10 parsecs"
            2 | memory = "1.5 gigs"
          > 3 | walltime = "10 parsecs"
              |            ^
        see: docs/errors.md#policy_invalid
      "
    `)
  })
})

describe('the command', () => {
  test('is $SHELL, or /bin/sh', () => {
    const input = 'echo "$0"\n'
    expect(gradebox(['run'], { input }).stdout).toBe('/bin/sh\n')
    expect(gradebox(['run'], { input, env: { SHELL: '/bin/bash' } }).stdout).toBe('/bin/bash\n')
    expect(gradebox(['run'], { input, env: { SHELL: '' } }).stdout).toBe('/bin/sh\n')
  })

  test('takes every argument after it, with or without --', () => {
    const script = ['sh', '-c', 'printf "%s." "$@"', '-']
    expect(gradebox(['run', '--', ...script, '--uid', '5', '--']).stdout).toBe('--uid.5.--.')
    expect(gradebox(['run', ...script, '--help', '-v']).stdout).toBe('--help.-v.')
  })

  test('reads and writes the streams of gradebox', () => {
    expect(gradebox(['run', 'cat'], { input: 'x'.repeat(300_000) }).stdout).toHaveLength(300_000)
  })

  test.each([
    ['', ''],
    ['', '1'],
    ['-v', ''],
    ['-v', '1'],
  ])(
    'has streams that still block, so that a slow reader loses nothing: run %s, FORCE_COLOR=%s',
    (flags, colour) => {
      // These are real pipes, made by a shell.
      const by = ['sh', '-c', `: | "$@" run ${flags} -- sh -c "$0" 2>&1 | cat`]
      const script = 'grep -h flags /proc/self/fdinfo/[012]'
      const { stdout } = gradebox([], { by: [...by, script], env: { FORCE_COLOR: colour } })
      const O_NONBLOCK = 0o4000
      const modes = [...stdout.matchAll(/^flags:\s*(\d+)$/gm)].map(([, mode = '']) => mode)
      expect(modes).toHaveLength(3)
      expect(modes.filter((mode) => Number.parseInt(mode, 8) & O_NONBLOCK)).toEqual([])
    },
  )

  test('is in the sandbox', () => {
    const { stdout } = gradebox(['run', '--', 'sh', '-c', 'id -u; hostname; pwd; echo $$; ls /'])
    const [uid, host, directory, pid, ...root] = stdout.trim().split('\n')
    expect([uid, host, directory]).toEqual(['1000', 'gradebox', '/work'])
    expect(Number(pid)).toBeLessThan(10)
    expect(root).not.toContain('home')
  })
})

describe('flags', () => {
  test('replace keys of the policy', () => {
    const flags = ['-u', '0', '--gid=7', '--hostname', 'box', '--setenv', 'A=b=c', '--setenv', 'B=']
    const script = 'id -u; id -g; hostname; echo "$A.$B."'
    expect(gradebox(['run', ...flags, '--', 'sh', '-c', script]).stdout).toBe('0\n7\nbox\nb=c..\n')
  })

  test('share the host’s name and network', () => {
    const script = 'hostname; ls -L -i /proc/self/ns/net'
    const [name, network] = gradebox([
      'run',
      '--share-uts',
      '--share-net',
      '--',
      'sh',
      '-c',
      script,
    ])
      .stdout.trim()
      .split('\n')
    const host = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim()
    expect(name).toBe(host)
    expect(network).toContain(readNetwork())
    expect(gradebox(['run', '--', 'sh', '-c', script]).stdout).not.toContain(readNetwork())
  })

  test('add mounts to those of the policy; a later one covers an earlier one', () => {
    const directory = makeDirectory({ 'a.txt': 'a\n' })
    chmodSync(directory, 0o777)
    const script = 'cat /in/a.txt; touch /in/b 2>&1; cat "$0/a.txt"; ls /usr/bin/env'
    const binds = ['--ro-bind', `${directory}:/in`, '--ro-bind', directory]
    expect(gradebox(['run', ...binds, '--', 'sh', '-c', script, directory]).stdout).toBe(
      "a\ntouch: cannot touch '/in/b': Read-only file system\na\n/usr/bin/env\n",
    )
    const writes = ['run', '--rw-bind', `${directory}:/out`, 'sh', '-c', 'echo new > /out/c.txt']
    expect(gradebox(writes)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(directory, 'c.txt'), 'utf8')).toBe('new\n')
  })

  test('show a working directory at /hako, writable', () => {
    const directory = giveToUser(makeDirectory({ 'in.txt': 'in\n' }))
    const script = 'pwd; cat in.txt; echo out > out.txt'
    const run = gradebox(['run', '-w', directory, '--', 'sh', '-c', script])
    expect(run).toEqual({ code: 0, stdout: '/hako\nin\n', stderr: '' })
    expect(readFileSync(join(directory, 'out.txt'), 'utf8')).toBe('out\n')
  })

  test('refuse a mount whose source is missing', () => {
    const { code, stderr } = gradebox(['run', '--ro-bind', '/no/such:/in', 'true'])
    expect(code).toBe(125)
    expect(stderr).toContain('The mount source "/no/such" (target "/in", policy "kiss") does not')
  })

  test('limit in seconds and bytes, as hakoniwa’s flags do, or with a unit', () => {
    const limits = ['as=1073741824', 'core=0', 'cpu=3', 'fsize=1MiB', 'nofile=32', 'stack=4MiB']
    const flags = limits.map((limit) => `--limit-${limit}`)
    const script = 'ulimit -v; ulimit -c; ulimit -t; ulimit -f; ulimit -n; ulimit -s'
    // CPU time is watched; its resource limit is the backstop, one second later.
    expect(gradebox(['run', ...flags, '--', 'bash', '-c', script]).stdout).toBe(
      '1048576\n0\n4\n1024\n32\n4096\n',
    )
  })

  test('end a flood of output at its limit, and pass on the output within the limit', () => {
    const flood = ['run', '--limit-output', '1000', '--', 'sh', '-c', 'yes | head -c 100000']
    const { code, stdout, stderr } = gradebox(flood)
    expect(stdout).toHaveLength(1000)
    expect(stderr).toBe('gradebox: wrote more than the output limit of 1000 B\n')
    expect(code).toBe(137)
  })

  test('keep the policy’s filter and limits', () => {
    const program = 'import socket; socket.socket(socket.AF_INET)'
    const run = gradebox(['run', '--policy-file', 'strict', '--', 'python3', '-c', program])
    expect(run.code).toBe(159)
    expect(run.stderr).toMatch(
      /^gradebox: killed by seccomp: socket\(AF_INET, .*\) is not in policy "strict"/,
    )
  })

  test('read a policy file of hakoniwa’s under any name', () => {
    const policy = 'mounts = [{ source = "/usr", target = "/usr" }]\n[env]\nPATH = "/usr/bin"\n'
    const cwd = makeDirectory({ kiss: `uid = 33\n${policy}` })
    const command = ['/usr/bin/env', '-i', 'id', '-u']
    // Without /lib64 no dynamic program starts, so the message shows that this policy is used.
    const { stderr } = gradebox(['run', '--policy-file', 'kiss', '--', ...command], { cwd })
    expect(stderr).toContain('its interpreter')
  })
})

function readNetwork(): string {
  const { stdout } = gradebox(['run', '--share-net', 'readlink', '/proc/self/ns/net'])
  return /\d+/.exec(stdout)?.[0] ?? 'none'
}

describe('a signal to gradebox', () => {
  test('ends the program, and becomes the exit code', async () => {
    const marker = makeMarker()
    const child = startGradebox(['run', '--', 'sleep', marker])
    expect(await eventually(() => processesWith(marker).length >= 2)).toBe(true)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(processesWith(marker)).toEqual([])
  })

  test('that cannot be caught leaves nothing behind', async () => {
    const marker = makeMarker()
    const child = startGradebox(['run', '--', 'sleep', marker])
    expect(await eventually(() => processesWith(marker).length >= 2)).toBe(true)
    child.kill('SIGKILL')
    expect(await eventually(() => processesWith(marker).length === 0)).toBe(true)
  })
})
