import { describe, expect, test } from 'vitest'
import { isSandboxResult, sandboxed } from '../../src/index.ts'
import { runPython, runShell } from './support/programs.ts'
import { sandboxLacks } from './support/tools.ts'

describe('a program that exits', () => {
  test.each([0, 1, 2, 42, 125, 126, 127, 128, 254, 255])(
    'is reported with code %i',
    async (code) => {
      const run = await runShell(`exit ${code}`)
      expect(run).toExitWith(code)
      expect(run.ok).toBe(code === 0)
      expect(run.signal).toBeUndefined()
      expect(run.reason).toBe(`exited with code ${code}`)
    },
  )

  test('is reported by its own exit, not by the exit of a child that failed', async () => {
    expect(await runShell("sh -c 'kill -9 $$'; false; true")).toSucceed()
  })

  test('ends its run, although a child continues', async () => {
    const run = await runShell('sleep 1000 & exit 3')
    expect(run).toExitWith(3)
    expect(run).toExitWithin('9s')
  })
})

describe('a program that a signal ends', () => {
  test.each([
    ['SEGV', 'SIGSEGV', 'killed by SIGSEGV (invalid memory access)'],
    ['ABRT', 'SIGABRT', 'killed by SIGABRT (abort)'],
    ['FPE', 'SIGFPE', 'killed by SIGFPE (arithmetic error, such as a division by zero)'],
    ['BUS', 'SIGBUS', 'killed by SIGBUS (bus error)'],
    ['ILL', 'SIGILL', 'killed by SIGILL (illegal instruction)'],
    ['KILL', 'SIGKILL', 'killed by SIGKILL'],
    ['TERM', 'SIGTERM', 'killed by SIGTERM'],
    ['INT', 'SIGINT', 'killed by SIGINT'],
    ['HUP', 'SIGHUP', 'killed by SIGHUP'],
    ['PIPE', 'SIGPIPE', 'killed by SIGPIPE'],
    ['USR1', 'SIGUSR1', 'killed by SIGUSR1'],
    ['ALRM', 'SIGALRM', 'killed by SIGALRM'],
    ['XCPU', 'SIGXCPU', 'killed by SIGXCPU'],
  ] as const)('%s is reported with its name and meaning', async (short, signal, reason) => {
    const run = await runShell(`kill -${short} $$`)
    expect(run).toBeKilledBy(signal)
    expect(run.ok).toBe(false)
    expect(run.exitCode).toBeUndefined()
    expect(run.reason).toBe(reason)
  })

  test.skipIf(sandboxLacks('python3'))('may be killed by a real-time signal', async () => {
    const run = await runPython('import os, signal; os.kill(os.getpid(), signal.SIGRTMIN + 3)')
    expect(run.signal).toBe('SIGRTMIN+3')
    expect(run.reason).toBe('killed by SIGRTMIN+3')
  })

  test.skipIf(sandboxLacks('python3'))('keeps its output from before the signal', async () => {
    const run = await runPython('import os; os.write(1, b"before\\n"); os.abort()')
    expect(run).toBeKilledBy('SIGABRT')
    expect(run).toHaveStdout('before\n')
  })
})

test('a result contains the command, the policy, the limits, and how they were held', async () => {
  const run = await sandboxed('echo', ['a b', ''], { limits: { walltime: '3s' } })
  expect(isSandboxResult(run)).toBe(true)
  expect(isSandboxResult({ ...run })).toBe(false)
  const { usage, enforcement, ...others } = run
  const { cpu, memory, ...held } = enforcement
  expect(['cgroup', 'perf', 'watch']).toContain(cpu)
  expect(['cgroup', 'watch']).toContain(memory)
  const rest = { ...others, enforcement: held }
  expect(rest).toMatchInlineSnapshot(`
    {
      "args": [
        "a b",
        "",
      ],
      "attempts": 1,
      "collect": [],
      "command": "echo",
      "cwd": "/work",
      "enforcement": {
        "core": "rlimit",
        "cpus": "affinity",
        "disk": "rlimit",
        "openFiles": "rlimit",
        "output": "watch",
        "processes": "rlimit",
        "stack": "rlimit",
        "walltime": "watch",
      },
      "exitCode": 0,
      "feedback": "Your program ended normally.",
      "files": {},
      "isolation": {
        "files": "root",
        "level": "full",
        "network": "namespace",
        "proc": "own",
        "processes": "namespace",
      },
      "limits": {
        "coreBytes": 0,
        "cpuTimeMs": 10000,
        "cpus": 1,
        "diskBytes": 268435456,
        "memoryBytes": 536870912,
        "openFiles": 256,
        "outputBytes": 16777216,
        "processes": 64,
        "stackBytes": 8388608,
        "wallTimeMs": 3000,
      },
      "ok": true,
      "policy": "strict",
      "reason": "exited with code 0",
      "status": "exited",
      "stderr": "",
      "stdout": "a b 
    ",
      "truncated": false,
      "uncollected": {},
    }
  `)
  // With a control group, the time that a run waited for a processor is always known.
  const names = Object.keys(usage).filter((name) => name !== 'waitTimeMs')
  expect(names).toMatchInlineSnapshot(`
    [
      "wallTimeMs",
      "cpuTimeMs",
      "userTimeMs",
      "systemTimeMs",
      "maxRssBytes",
      "minorPageFaults",
      "majorPageFaults",
      "voluntaryContextSwitches",
      "involuntaryContextSwitches",
      "peakMemoryBytes",
      "peakProcesses",
    ]
  `)
  expect(Object.values(usage).every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
})

test('a limit that the policy lacks is in neither limits nor enforcement', async () => {
  const run = await sandboxed('true', [], { policy: 'kiss' })
  expect(run.policy).toBe('kiss')
  expect(run.limits).not.toHaveProperty('wallTimeMs')
  expect(run.enforcement).not.toHaveProperty('walltime')
  expect(run.enforcement).toHaveProperty('disk')
})
