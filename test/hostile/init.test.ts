import { describe, expect, test } from 'vitest'
import { bare, uidZero } from '../run/support/policies.ts'
import { runC, runShell } from '../run/support/programs.ts'
import { lacks } from '../run/support/tools.ts'

const limits = { walltime: '700ms' }

describe.skipIf(lacks('gcc'))('the sandbox’s init, which holds the walltime,', () => {
  describe.each([
    ['strict', 'strict'],
    ['kiss', 'kiss'],
    ['one that makes it uid 0 inside', uidZero()],
  ] as const)('under policy %s', (_, policy) => {
    test.each([
      ['kill', 'is killed', 'it is the first of its process namespace'],
      ['stop', 'is stopped', 'it is the first of its process namespace'],
      ['flood', 'gets every signal there is, for ever', 'it looks at descriptors, not at signals'],
      ['forge', 'gets forged SIGALRM, SIGCHLD and SIGTERM, queued', 'it looks at descriptors'],
      ['session', 'gets signals for its group and session', 'the program has its own'],
    ])('%s: ends the run in time when it %s: %s', async (how) => {
      const run = await runC('attack-init', [how], { limits, policy })
      expect(run).toExceedWalltime()
      expect(run.stdout).toBe('attacked\n')
      expect(run.usage.wallTimeMs).toBeLessThan(6000)
    })

    test('cannot be read or written through /proc: it is not dumpable', async () => {
      const run = await runShell(
        'for f in mem maps environ stack syscall auxv fd/3 cwd/x root/x exe map_files; do (cat /proc/1/$f || ls /proc/1/$f/) && echo "READ $f"; done; for f in mem oom_score_adj coredump_filter clear_refs attr/current timerslack_ns comm; do echo x > /proc/1/$f && echo "WROTE $f"; done; ls /proc/1/fd && echo LISTED',
        { policy },
      )
      expect(run.stdout).not.toMatch(/READ|WROTE|LISTED/)
    })
  })

  test.each(['ptrace-attach', 'ptrace-seize', 'vm-read', 'vm-write', 'pidfd-getfd', 'kcmp'])(
    'cannot be had by %s: it is not dumpable',
    async (how) => {
      for (const policy of ['kiss', uidZero()]) {
        const run = await runC('attack-init', [how], { policy })
        expect(run.stdout).toMatch(/^refused: /)
      }
    },
  )
})

describe.skipIf(lacks('gcc'))('the limits and priority of the sandbox’s init', () => {
  // The kernel compares user ids only; the filter of policy strict does the rest.
  test.each(['prlimit', 'nice', 'nice-group', 'nice-user', 'ioprio', 'idle'])(
    'cannot be changed by %s under policy strict',
    async (how) => {
      const run = await runC('attack-init', [how])
      expect(run.stdout).toMatch(/^refused: /)
    },
  )

  test('may be changed without a filter, and the run is over in time all the same', async () => {
    const start = performance.now()
    const run = await runC('attack-init', ['starve'], { limits, policy: 'kiss' })
    expect(run).toBeKilledBy('SIGKILL')
    expect(run.reason).toBe("ended for interfering with the sandbox's init")
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})

describe('kill -1', () => {
  test('ends the program’s own processes and no others', async () => {
    for (const policy of ['strict', 'kiss', uidZero()]) {
      const run = await runShell('sleep 100 & sleep 100 & kill -KILL -1; wait; echo alone', {
        policy,
      })
      expect(run).toHaveStdout('alone\n')
    }
  })

  test('to the process group 0 reaches nobody outside', async () => {
    const run = await runShell(
      'sleep 100 & trap "echo got it; exit 5" TERM; kill -TERM 0; sleep 100',
      {
        policy: bare(),
      },
    )
    expect(run).toExitWith(5)
    expect(run).toHaveStdout('got it\n')
  })
})
