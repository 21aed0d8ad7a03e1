import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runNode, runNodeBy } from './support/built.ts'
import { makeDirectory } from './support/directory.ts'
import { whereCallsFail } from './support/failing-calls.ts'
import { lacksOrdinaryUser, lacksRoot, sandboxLacks } from './support/tools.ts'

/** The end of each policy's run, in a Node process of its own. */
const outcomes = (options = '{}') => `
  import { sandboxed } from 'gradebox-under-test'
  for (const policy of ['strict', 'kiss']) {
    await sandboxed('cat', [], { stdin: 'x', policy, ...${options} }).then(
      ({ reason, stdout }) => console.log(policy, reason, stdout),
      ({ code, message }) => console.log(policy, code, message),
    )
  }`

const fine = 'strict exited with code 0 x\nkiss exited with code 0 x\n'

/** Root gets a mount namespace. An ordinary user gets one in a user namespace in which that user is root. */
const unshare = process.getuid?.() === 0 ? 'unshare -m' : 'unshare -Urm'

function lacksMounts(): boolean {
  const { status, stderr } = spawnSync('sh', ['-c', `${unshare} true`], { encoding: 'utf8' })
  if (status !== 0) console.warn(`SKIPPED: ${unshare} does not work here: ${stderr}`)
  return status !== 0
}

describe('where this process is at its limit', () => {
  test('of open files, a run is refused with the reason and leaves none open, whichever open fails', async () => {
    const script = `
      import { closeSync, openSync, readdirSync } from 'node:fs'
      import { isSandboxError, sandboxed } from 'gradebox-under-test'
      const run = () => sandboxed('cat', [], { stdin: 'x', collect: ['y'] }).then(
        ({ stdout }) => stdout,
        (error) => isSandboxError(error) ? error.code + ' ' + (error.step?.errno ?? error.message.split('\\n')[0]) + ' ' + /hint: .{30}/.exec(error.message)?.[0] : String(error),
      )
      const count = () => readdirSync('/proc/self/fd').length
      const pause = (ms) => new Promise((settle) => setTimeout(settle, ms))
      // Streams and the sandboxes of the pool close their descriptors a moment after the run.
      const settled = async () => {
        for (let before = -1; before !== count(); await pause(200)) before = count()
        return count()
      }
      const isBackAt = async (most) => {
        for (let tries = 0; tries < 500 && count() > most; tries++) await pause(20)
        return count() <= most
      }
      await run()
      const before = await settled()
      const ends = new Map()
      for (let free = 0; free < 24; free++) {
        const taken = []
        try { for (;;) taken.push(openSync('/dev/null')) } catch {}
        for (let i = 0; i < free; i++) closeSync(taken.pop())
        const end = await run()
        for (const fd of taken) closeSync(fd)
        if (!ends.has(end)) ends.set(end, 0)
        ends.set(end, ends.get(end) + 1)
        if (!(await isBackAt(before))) console.log('LEAK', free, count(), before)
      }
      console.log([...ends.keys()].join('\\n'))
      console.log(await run())`
    const output = runNodeBy('ulimit -n 300; exec "$@"', script)
    expect(output).not.toContain('LEAK')
    const lines = [...new Set(output.trim().split('\n'))]
    expect(lines.filter((line) => line !== 'x' && !/^[A-Z_]+ .*EMFILE/.test(line))).toEqual([])
    expect(lines).toContain('x')
    expect(lines.length).toBeGreaterThan(1)
  })

  test.skipIf(lacksOrdinaryUser('a process by RLIMIT_NPROC'))(
    'of processes, a run is refused with the reason',
    async () => {
      const run = await runNode(`
        import { execFileSync } from 'node:child_process'
        import { sandboxed } from 'gradebox-under-test'
        await sandboxed('true')
        execFileSync('prlimit', ['--pid', String(process.pid), '--nproc=1'])
        console.log((await sandboxed('true').catch((error) => error)).message)`)
      expect(run.stdout).toMatchInlineSnapshot(`
        "The sandbox could not be started: posix_spawn: resource temporarily unavailable
          hint: The user or container is at its limit of processes; raise it, or lower \`concurrency\`.
          see: docs/errors.md#setup_failed
        "
      `)
    },
  )
})

const [ENOMEM, ENFILE, ENOSYS] = [12, 23, 38]
const CLONE_VFORK = 0x4000

describe.skipIf(sandboxLacks('python3'))('where the machine itself is at its limit', () => {
  test('of open files, a run is refused with the reason', () => {
    const output = runNodeBy(whereCallsFail({ name: 'memfd_create', errno: ENFILE }), outcomes())
    expect(output).toMatchInlineSnapshot(`
      "strict SETUP_FAILED The sandbox could not be started: memfd_create: file table overflow
        hint: The machine is at its limit of open files (sysctl fs.file-max); raise it, or lower \`concurrency\`.
        see: docs/errors.md#setup_failed
      kiss SETUP_FAILED The sandbox could not be started: memfd_create: file table overflow
        hint: The machine is at its limit of open files (sysctl fs.file-max); raise it, or lower \`concurrency\`.
        see: docs/errors.md#setup_failed
      "
    `)
  })

  test('of memory for processes, a run is refused with the reason', () => {
    const calls = [
      // glibc's posix_spawn(3) then uses clone(2).
      { name: 'clone3', errno: ENOSYS },
      { name: 'clone', errno: ENOMEM, bit: CLONE_VFORK },
    ]
    expect(runNodeBy(whereCallsFail(...calls), outcomes())).toMatchInlineSnapshot(`
      "strict SETUP_FAILED The sandbox could not be started: posix_spawn: not enough memory
        hint: The machine or container is out of memory; lower \`concurrency\`.
        see: docs/errors.md#setup_failed
      kiss SETUP_FAILED The sandbox could not be started: posix_spawn: not enough memory
        hint: The machine or container is out of memory; lower \`concurrency\`.
        see: docs/errors.md#setup_failed
      "
    `)
  })

  test('of memory for the sandbox’s own processes, a run is refused with the reason', () => {
    const calls = [{ name: 'unshare', errno: ENOMEM }]
    const output = runNodeBy(whereCallsFail(...calls), outcomes())
    // Starter and init make namespaces at the same time: either may fail first.
    expect(output.replaceAll(/unshare\([^)]*\)/g, 'unshare(…)')).toMatchInlineSnapshot(`
      "strict NAMESPACES_UNAVAILABLE The sandbox could not be set up: unshare(…): ENOMEM: not enough memory
        hint: The machine or container is out of memory; lower \`concurrency\`.
        see: docs/errors.md#namespaces_unavailable
      kiss NAMESPACES_UNAVAILABLE The sandbox could not be set up: unshare(…): ENOMEM: not enough memory
        hint: The machine or container is out of memory; lower \`concurrency\`.
        see: docs/errors.md#namespaces_unavailable
      "
    `)
  })
})

describe('a machine', () => {
  test('whose streams are closed runs programs', () => {
    expect(runNodeBy('exec "$@" <&-', outcomes())).toBe(fine)
    expect(runNodeBy('exec "$@" <&- 2>&-', outcomes())).toBe(fine)
    const inherits = outcomes("{ stdin: 'inherit' }")
    expect(runNodeBy('exec "$@" <&-', inherits)).toBe(fine.replaceAll(' x\n', ' \n'))
  })

  test.skipIf(lacksMounts())('whose temporary directory is full or read-only runs programs', () => {
    for (const options of ['ro', 'size=4k']) {
      const directory = makeDirectory()
      const mount = `mount -t tmpfs -o ${options} x ${directory}; head -c 9999 /dev/zero > ${directory}/x || true`
      const output = runNodeBy(
        `exec ${unshare} sh -euc '{ ${mount}; } 2>/dev/null; exec "$@"' sh "$@"`,
        outcomes(),
        { TMPDIR: directory },
      )
      expect(output).toBe(fine)
    }
  })

  test.skipIf(lacksMounts())('without libseccomp refuses only the policies that need it', () => {
    const hide =
      'for f in $(ls -d /lib*/*/libseccomp.so* /usr/lib*/*/libseccomp.so* /usr/lib*/libseccomp.so* 2>/dev/null); do mount --bind /dev/null $(readlink -f $f) || true; done'
    const output = runNodeBy(
      `exec ${unshare} sh -euc '{ ${hide}; } 2>/dev/null; exec "$@"' sh "$@"`,
      outcomes(),
    )
    const [strict, hint, see, kiss] = output.split('\n')
    expect(see).toBe('  see: docs/errors.md#seccomp_unavailable')
    expect(strict).toMatch(/^strict SECCOMP_UNAVAILABLE The policy has a seccomp filter/)
    expect(hint).toMatch(/^ {2}hint: Install libseccomp/)
    expect(kiss).toBe('kiss exited with code 0 x')
  })

  test.skipIf(lacksOrdinaryUser('a user namespace') || lacksMounts())(
    'without user namespaces refuses runs, and names the setting',
    () => {
      const output = runNodeBy(
        `exec ${unshare} sh -euc 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"' sh "$@"`,
        outcomes(),
      )
      expect(output).toMatchInlineSnapshot(`
        "strict NAMESPACES_UNAVAILABLE The sandbox could not be set up: unshare(CLONE_NEWUSER): ENOSPC: no space left on device
          hint: User namespaces are off: sudo sysctl -w user.max_user_namespaces=15000 No weaker isolation works here either: isolation: "confined" is not possible: this user namespace has too few ids to give each program a user of its own.
          see: docs/errors.md#namespaces_unavailable
        kiss NAMESPACES_UNAVAILABLE The sandbox could not be set up: unshare(CLONE_NEWUSER): ENOSPC: no space left on device
          hint: User namespaces are off: sudo sysctl -w user.max_user_namespaces=15000 No weaker isolation works here either: isolation: "confined" is not possible: this user namespace has too few ids to give each program a user of its own.
          see: docs/errors.md#namespaces_unavailable
        "
      `)
    },
  )

  test.skipIf(lacksOrdinaryUser('a mount of /proc') || lacksMounts())(
    'whose /proc is masked, as in a container, refuses runs, and names the container’s setting',
    () => {
      const masked = `exec ${unshare} sh -euc 'mount --bind /dev/null /proc/interrupts; exec "$@"' sh "$@"`
      expect(runNodeBy(masked, outcomes())).toMatchInlineSnapshot(`
        "strict NAMESPACES_UNAVAILABLE The sandbox could not be set up: mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC): EPERM: operation not permitted
          hint: The kernel mounts a new /proc only where the old one is wholly visible. In Docker: --security-opt systempaths=unconfined; in Kubernetes: securityContext.procMount: Unmasked. isolation: "nested" works here; with it programs see the list and the command lines of the processes in this container (docs/isolation.md).
          see: docs/errors.md#namespaces_unavailable
        kiss NAMESPACES_UNAVAILABLE The sandbox could not be set up: mount("proc" -> "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC): EPERM: operation not permitted
          hint: The kernel mounts a new /proc only where the old one is wholly visible. In Docker: --security-opt systempaths=unconfined; in Kubernetes: securityContext.procMount: Unmasked. isolation: "nested" works here; with it programs see the list and the command lines of the processes in this container (docs/isolation.md).
          see: docs/errors.md#namespaces_unavailable
        "
      `)
    },
  )

  test.skipIf(lacksRoot('a mount of /proc where the old one is masked') || lacksMounts())(
    'whose /proc is masked, as in a container, runs programs for root',
    () => {
      const masks = [
        ['--bind', '/dev/null', '/proc/keys'],
        ['--bind', '/proc/sys', '/proc/sys'],
        ['-o', 'remount,bind,ro', '/proc/sys'],
      ]
      const mount = masks.map((mask) => `mount ${mask.join(' ')}`).join('; ')
      const masked = `exec ${unshare} sh -euc '${mount}; exec "$@"' sh "$@"`
      expect(runNodeBy(masked, outcomes())).toBe(fine)
    },
  )

  test('whose directory for the tests was removed in the meantime runs programs', () => {
    const directory = join(makeDirectory(), 'gone')
    mkdirSync(directory)
    expect(runNodeBy(`cd ${directory}; rmdir ${directory}; exec "$@"`, outcomes())).toBe(fine)
  })
})
