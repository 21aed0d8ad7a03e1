import { describe, expect, test } from 'vitest'
import { runC } from '../run/support/programs.ts'
import { lacks } from '../run/support/tools.ts'

const RUNS = 15

// The kernel takes a notification back when its caller ends. Then no process knows the call's name.
const named = /^killed by seccomp: socket\(AF_INET, SOCK_STREAM, 0\) is not in policy "strict"/
const counted = (instead: string) =>
  `killed by seccomp: the program made a system call that is not in policy "strict"${instead}; its process ended at the same time, so the call's name is lost; the call was not executed`
const hidden = counted(', or asked for more memory than there is and was interrupted')

describe.skipIf(lacks('gcc'))('a denied call whose caller ends at the same moment', () => {
  test.each([
    ['exit', 'another thread ends the process'],
    ['crash', 'another thread crashes'],
    ['exec', 'another thread executes a program'],
    ['kill', 'another process kills it'],
    ['jump', 'it leaves the call through a signal handler'],
    ['hide', 'another process kills it, and asks for more memory than there is'],
  ])('is still the verdict: %s, %s', async (how) => {
    for (let run = 0; run < RUNS; run++) {
      const { status, signal, reason, syscall } = await runC('racing-exit', [how])
      expect({ status, signal, reason }).toMatchObject({ status: 'seccomp', signal: 'SIGSYS' })
      if (syscall === undefined) expect(reason).toBe(how === 'hide' ? hidden : counted(''))
      else expect(reason).toMatch(named)
    }
  })

  test('is not reported where no call was denied', async () => {
    for (const how of ['exit', 'crash', 'exec', 'kill', 'jump', 'hide']) {
      const { status } = await runC('racing-exit', [how], {
        policy: 'kiss',
        limits: { walltime: '2s' },
      })
      expect(['exited', 'signaled', 'walltime']).toContain(status)
    }
  })
})
