import { chmodSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type LimitOptions, sandboxed } from '../../src/index.ts'
import { makeDirectory } from '../run/support/directory.ts'
import { compile, runC } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

const BURN = `
def burn(s):
 t = time.process_time()
 while time.process_time() - t < s: pass
`
/** Burns 0.6 s in children whose CPU time the kernel forgets, one after another. */
const FORGOTTEN = `
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(12):
 r, w = os.pipe()
 if os.fork() == 0:
  burn(0.05)
  os._exit(0)
 os.close(w)
 os.read(r, 1)
 os.close(r)
`

/** Ways to make an executable file that nobody may read, and the result of each. */
const refusals = {
  chmod: 'chmod: Operation not permitted',
  memfd: 'fchmod: Operation not permitted',
  fchmodat: 'fchmodat: Operation not permitted',
  fchmodat2: 'fchmodat2: Operation not permitted',
  open: 'open: Operation not permitted',
  tmpfile: 'open: Operation not permitted',
  mknod: 'mknod: Operation not permitted',
  umask: 'readable',
  list: 'setxattr: Operation not supported',
  'link-list': 'lsetxattr: Operation not supported',
  'default-list': 'setxattr: Operation not supported',
}

const run = (code: string) =>
  sandboxed('python3', ['-c', `import ctypes, os, signal, sys, time\n${BURN}\n${code}`], {
    policy: 'kiss',
    limits: { cpu: '20s', walltime: '30s' },
  })

/** Whether this machine gives the init a counter; warns when it does not. */
async function hasCounter(): Promise<boolean> {
  const { enforcement } = await run('pass')
  if (enforcement.cpu === 'perf') return true
  console.warn(`NOT TESTED: the init has no counter of CPU time here: ${enforcement.cpu}`)
  return false
}

describe.skipIf(sandboxLacks('python3') || !(await hasCounter()))(
  'a program that hides CPU time from the counter of its init',
  () => {
    test('gains nothing by children that it does not wait for', async () => {
      const { usage, enforcement } = await run(FORGOTTEN)
      expect(enforcement.cpu).toBe('perf')
      expect(usage.cpuTimeMs).toBeGreaterThan(600)
      expect(usage).not.toHaveProperty('cpuTimeLowerBound')
    })

    test('cannot stop the counter, because the init owns it (PR_TASK_PERF_EVENTS_DISABLE)', async () => {
      const stopped = await run(`ctypes.CDLL(None).prctl(31, 0, 0, 0, 0)\n${FORGOTTEN}`)
      expect(stopped.usage.cpuTimeMs).toBeGreaterThan(600)
    })

    test('has no descriptor of the counter, and cannot open the init’s', async () => {
      const { stdout } = await run(`
own = [os.readlink('/proc/self/fd/' + fd) for fd in os.listdir('/proc/self/fd') if os.path.lexists('/proc/self/fd/' + fd)]
print([link for link in own if 'perf' in link])
for look in (lambda: os.listdir('/proc/1/fd'), lambda: open('/proc/1/fd/41')):
 try:
  print(look())
 except OSError as error:
  print(error.strerror)
`)
      expect(stdout).toBe('[]\nPermission denied\nPermission denied\n')
    })

    test.each(Object.entries(refusals))(
      'makes no file that it may execute but not read: %s',
      async (way, refusal) => {
        for (const policy of ['strict', 'kiss', 'native']) {
          const { stdout, usage } = await runC('leave-counter', [way, '5', '100'], { policy })
          expect([policy, stdout]).toEqual([policy, `${refusal}\n`])
          expect(usage).not.toHaveProperty('cpuTimeLowerBound')
        }
      },
    )

    test('leaves the counter by a file of the host: the figure is a lower bound', async () => {
      const source = makeDirectory({ unreadable: compile('leave-counter') })
      chmodSync(`${source}/unreadable`, 0o111)
      const code = `import subprocess\nfor _ in range(20): subprocess.run(['/opt/tools/unreadable', '20'], check=True)`
      const { status, usage } = await sandboxed('python3', ['-c', code], {
        policy: { extends: 'kiss', mounts: [{ source, target: '/opt/tools' }] },
        limits: { cpu: '20s', walltime: '60s' },
      })
      expect(status).toBe('exited')
      expect(usage.cpuTimeMs).toBeGreaterThan(400)
      expect(usage.cpuTimeLowerBound).toBe(
        "it has files that it may execute but not read, so the kernel's counter does not have all of its CPU time",
      )
    })

    describe('has such a file in its directory', () => {
      const withFile = (limits: LimitOptions) => {
        const workdir = makeDirectory({ unreadable: compile('leave-counter') })
        chmodSync(`${workdir}/unreadable`, 0o111)
        return runC('leave-counter', ['have', '5', '200'], { policy: 'kiss', workdir, limits })
      }

      test('and processes of 5 ms leave the counter: the figure is a lower bound', async () => {
        const { usage, stdout } = await withFile({ walltime: '60s' })
        expect(stdout).toBe('done\n')
        expect(usage.cpuTimeLowerBound).toBe(
          "it has files that it may execute but not read, so the kernel's counter does not have all of its CPU time",
        )
      })

      test('and its wall time on its processors counts for its limit', async () => {
        const { status } = await withFile({ cpu: '0.5s', walltime: '60s' })
        expect(status).toBe('cpu')
      })
    })
  },
)
