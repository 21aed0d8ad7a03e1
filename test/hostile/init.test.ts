import { describe, expect, test } from 'vitest'
import { bare, uidZero } from '../run/support/policies.ts'
import { runC, runShell } from '../run/support/programs.ts'
import { lacks } from '../run/support/tools.ts'

const limits = { walltime: '700ms' }

describe.skipIf(lacks('gcc'))('the sandbox’s init, which holds the walltime,', () => {
  describe.each([
    ['strict', 'strict'],
    ['kiss', 'kiss'],
    ['bare with uid 0 inside', uidZero()],
  ] as const)('under policy %s', (_, policy) => {
    test.each([
      ['kill', 'receives SIGKILL', 'it is pid 1 of its namespace'],
      ['stop', 'receives SIGSTOP', 'it is pid 1 of its namespace'],
      ['flood', 'receives every signal without end', 'it polls descriptors and handles no signal'],
      ['forge', 'receives forged, queued SIGALRM, SIGCHLD and SIGTERM', 'it polls descriptors'],
      [
        'session',
        'receives signals for its group and session',
        'the program has its own group and session',
      ],
    ])('%s: ends the run in time when it %s: %s', async (how) => {
      const run = await runC('attack-init', [how], { limits, policy })
      expect(run).toExceedWalltime()
      expect(run.stdout).toBe('attacked\n')
      expect(run.usage.wallTimeMs).toBeLessThan(30_000)
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
    'cannot be reached by %s: it is not dumpable',
    async (how) => {
      for (const policy of ['kiss', uidZero()]) {
        const run = await runC('attack-init', [how], { policy })
        expect(run.stdout).toMatch(/^refused: /)
      }
    },
  )
})

describe.skipIf(lacks('gcc'))('the limits and priority of the sandbox’s init', () => {
  const own = { default: 'allow', rules: [{ action: 'allow', syscalls: ['prlimit64', '@sched'] }] }
  const attempts = [
    ...['prlimit', 'nice', 'nice-group', 'nice-user', 'ioprio', 'ioprio-group', 'ioprio-user'],
    ...['idle', 'setparam', 'setattr', 'affinity'],
    ...(process.arch === 'x64' ? ['prlimit-i386', 'affinity-i386', 'prlimit-x32'] : []),
  ]

  // The kernel compares user ids only, and the init has the same user id as the program.
  test.each([
    ['strict', 'strict'],
    ['kiss', 'kiss'],
    ['bare with uid 0 inside', uidZero()],
    ['bare with a filter that allows the call', bare({ seccomp: own })],
  ] as const)(
    'cannot be changed under policy %s: the guard’s filter does not let the call through',
    async (_, policy) => {
      for (const how of attempts) {
        const run = await runC('attack-init', [how], { policy })
        // The policy's filter ends a program that calls through another system call table.
        const ended = run.status === 'seccomp' && /-(i386|x32)$/.test(how)
        // The guard answers sched_setaffinity(2) with 0. The attack then reads the affinity of the init, and prints a
        // line first if it changed.
        const answer = how.startsWith('affinity') ? /^DONE: 0\n$/ : /^refused: /
        if (!ended) expect([how, run.stdout]).toEqual([how, expect.stringMatching(answer)])
      }
    },
  )

  test('do not delay the end of a run whose program takes all the CPU time that it can', async () => {
    for (const policy of ['kiss', uidZero()]) {
      const run = await runC('attack-init', ['starve'], { limits, policy })
      expect(run).toExceedWalltime()
      expect(run.usage.wallTimeMs).toBeLessThan(30_000)
    }
  })

  test('are all that the guard protects: a program may change its own', async () => {
    const run = await runShell(
      'ulimit -n 50 && ulimit -n; nice -n 5 sh -c "echo niced"; renice -n 7 -p $$ >/dev/null && echo reniced',
      { policy: 'kiss' },
    )
    expect(run).toHaveStdout('50\nniced\nreniced\n')
  })
})

describe('a program’s kill', () => {
  test('of -1 ends its own processes and no others', async () => {
    for (const policy of ['strict', 'kiss', uidZero()]) {
      const run = await runShell('sleep 100 & sleep 100 & kill -KILL -1; wait; echo alone', {
        policy,
      })
      expect(run).toHaveStdout('alone\n')
    }
  })

  test('of process group 0 reaches no process outside', async () => {
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
