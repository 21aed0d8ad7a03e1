import { describe, expect, test } from 'vitest'
import { runPython, runShell } from '../run/support/programs.ts'
import { sandboxLacks } from '../run/support/tools.ts'

const limits = { walltime: '9s', cpu: '9s', memory: '200MiB', fileSize: '1MB', output: '1MB' }

describe('a program cannot get the verdict of a limit that it did not reach', () => {
  test.each([
    ['SIGXCPU', 'XCPU', 'killed by SIGXCPU'],
    ['SIGSYS', 'SYS', 'killed by SIGSYS'],
    ['SIGKILL, like the OOM killer', 'KILL', 'killed by SIGKILL'],
    ['SIGALRM, like a timer', 'ALRM', 'killed by SIGALRM'],
    ['SIGTERM, like a caller', 'TERM', 'killed by SIGTERM'],
  ])('by sending itself %s', async (_, signal, reason) => {
    const run = await runShell(`kill -${signal} $$`, { limits })
    expect(run.status).toBe('signaled')
    expect(run.reason).toBe(reason)
  })

  test('by exit codes that shells use for signals and timeouts', async () => {
    for (const code of [124, 125, 126, 127, 137, 139, 152, 159]) {
      const run = await runShell(`exit ${code}`, { limits })
      expect(run).toExitWith(code)
    }
  })

  test('by its output', async () => {
    const run = await runShell('echo "Killed"; echo "Memory limit exceeded" >&2; exit 1', {
      limits,
    })
    expect(run).toExitWith(1)
  })

  test.skipIf(sandboxLacks('python3'))('by a child that was killed', async () => {
    const run = await runPython(
      `
import os, signal
for s in (signal.SIGXCPU, signal.SIGSYS, signal.SIGXFSZ, signal.SIGKILL):
    if os.fork() == 0: os.kill(os.getpid(), s)
    os.wait()
print("done")`,
      { limits },
    )
    expect(run).toSucceed()
    expect(run).toHaveStdout('done\n')
  })
})
