import { afterEach, describe, expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { uidZero } from '../run/support/policies.ts'
import { children } from '../run/support/processes.ts'
import { runC, runPython, runShell } from '../run/support/programs.ts'
import { lacks, sandboxLacks } from '../run/support/tools.ts'

const limits = { walltime: '200ms', processes: 60 }
/** For a program that ends by itself. */
const patient = { ...limits, walltime: '20s' }

afterEach(() => {
  expect(children().filter((child) => child.includes('gradebox'))).toEqual([])
})

describe.skipIf(lacks('gcc')).each([
  ['strict', 'strict'],
  ['kiss, which has no filter', 'kiss'],
  ['bare with uid 0 inside', uidZero()],
] as const)('under policy %s a program that', (_, policy) => {
  test.each([
    ['vfork-bomb', 'forks by vfork and exec for ever'],
    ['exec', 'executes itself for ever'],
    ['ignore-all', 'ignores and blocks every signal'],
    ['stop-itself', 'stops itself as often as it is continued'],
    ['fault-for-ever', 'handles its faults by stopping, again and again'],
    ['leave-a-thread', 'ends its first thread and leaves another'],
    ['rename-itself', 'takes the init’s name and no arguments'],
  ])('%s: %s: is ended at its walltime: the init needs no cooperation from it', async (how) => {
    const run = await runC('outlive', [how], { limits, policy })
    expect(run).toExceedWalltime()
    expect(run.stdout).toMatch(/^(started\n)+$/)
    expect(run.usage.wallTimeMs).toBeLessThan(30_000)
  })

  test('exits in a signal handler has exited with that code', async () => {
    const run = await runC('outlive', ['exit-in-handler'], { limits: patient, policy })
    expect(run).toExitWith(11)
  })

  test('leaves a child that writes for ever ends together with the child', async () => {
    const run = await runC('outlive', ['write-after-death'], {
      limits: { ...patient, output: '64MiB' },
      policy,
    })
    expect(run).toExitWith(3)
    expect(run.stdout).toMatch(/^before\n(after\n)*(a|af|aft|afte|after)?$/)
  })

  test('leaves sessions led by zombies ends together with them', async () => {
    const run = await runC('outlive', ['zombie-leader'], {
      limits: { ...patient, processes: 200 },
      policy,
    })
    expect(run).toExitWith(6)
  })
})

test.skipIf(sandboxLacks('python3'))(
  'a program that prints ten gigabytes is cut at the limit before it can print all',
  async () => {
    const run = await runPython(
      'import os\nblock = b"x" * (1 << 20)\nfor i in range(10 << 10): os.write(1, block)',
      { limits: { output: '1MiB', walltime: '9s' } },
    )
    expect(run).toExceedOutput()
    expect(run.stdout.length).toBe(1 << 20)
    expect(run.usage.wallTimeMs).toBeLessThan(30_000)
  },
)

test('a program that floods stdout and stderr together gets no more than the output limit', async () => {
  const run = await runShell('yes >&2 & yes; wait', { limits: { output: '100kB', walltime: '9s' } })
  expect(run).toExceedOutput()
  expect(run.stdout.length + run.stderr.length).toBe(100_000)
})

test('a program that never reads does not block the writer of its input', async () => {
  const run = await sandboxed('sleep', ['0.2'], { stdin: 'x'.repeat(4 << 20) })
  expect(run).toSucceed()
})

test('a program that looks for a terminal finds none: no controlling terminal, no job control, no console', async () => {
  for (const policy of ['strict', 'kiss']) {
    const run = await runShell(
      'for t in /dev/tty /dev/console /dev/tty0 /dev/ptmx /dev/pts/0; do (: <> $t) 2>/dev/null && echo "OPENED $t"; done; ps -o tty= -p $$ 2>/dev/null; cut -d" " -f7 /proc/self/stat',
      { policy },
    )
    // The number of the controlling terminal (proc_pid_stat(5)): none.
    expect(run.stdout.replace(/^\?\n/, '')).toBe('0\n')
  }
})
