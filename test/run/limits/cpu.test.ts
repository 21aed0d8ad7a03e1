import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { runPython, runShell } from '../support/programs.ts'
import { sandboxLacks } from '../support/tools.ts'

const spin = 'while :; do :; done'

/** The amount by which a run may exceed the limit. */
const mostMs = (limitMs: number) => limitMs * 1.25 + 50
/** On a busy machine this process also waits for a processor before it can check. */
const held = { retry: 2 }

describe('a program that uses more CPU time than it may', () => {
  test('is ended at the limit, to the millisecond, with its output until then', held, async () => {
    const run = await runShell(`echo partial; ${spin}`, { limits: { cpu: 700, walltime: '20s' } })
    expect(run).toExceedCpu()
    expect(run).toMatchObject({ ok: false, stdout: 'partial\n' })
    expect(['cgroup', 'perf', 'watch']).toContain(run.enforcement.cpu)
    expect(run.reason).toMatch(/^used .* of CPU time; the limit is 700 ms$/)
    expect(run.usage.cpuTimeMs).toBeGreaterThan(700)
    expect(run.usage.cpuTimeMs).toBeLessThan(mostMs(700))
  })

  test('is ended also while the test’s own code blocks this process', async () => {
    const handle = runShell(spin, { limits: { cpu: '1s', walltime: '30s' } })
    // Other runs may occupy the processors.
    while (handle.pid === undefined) await setTimeout(10)
    // Blocks the event loop until the init is a zombie, which it remains until this process reaps it.
    const isOver = () => / Z /.test(readFileSync(`/proc/${handle.pid}/stat`, 'utf8'))
    while (!isOver()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    const run = await handle
    expect(run).toExceedCpu()
  })

  test('exceeds its limit also when it ends by itself before the watch checks it', async () => {
    const burn = 'i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; exit 0'
    const run = await runShell(burn, { limits: { cpu: '3ms', walltime: '20s' } })
    expect(run).toExceedCpu()
    expect(run.ok).toBe(false)
  })
})

describe.skipIf(sandboxLacks('python3'))(
  'a tree of processes, none of which reaches the limit alone,',
  () => {
    const limits = { cpu: '600ms', walltime: '20s' }
    const burn = (ms: number) =>
      `t = time.process_time()\nwhile time.process_time() - t < ${ms / 1000}: pass\n`
    const indent = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by))
    const trees = {
      'that runs side by side': `for i in range(8):\n if os.fork() == 0:\n${indent(burn(500), 2)}  os._exit(0)\ntime.sleep(20)`,
      'that runs one after another': `while True:\n if os.fork() == 0:\n${indent(burn(50), 2)}  os._exit(0)\n os.wait()`,
      'of daemons in sessions of their own': `for i in range(8):\n if os.fork() == 0:\n  os.setsid()\n  if os.fork() > 0: os._exit(0)\n${indent(burn(500), 2)}  os._exit(0)\n os.wait()\ntime.sleep(20)`,
    }

    test.each(Object.entries(trees))('%s, is ended together', held, async (_, tree) => {
      const run = await runPython(`import os, time\n${tree}`, { limits })
      expect(run).toExceedCpu()
      expect(run.usage.cpuTimeMs).toBeGreaterThan(600)
      expect(run.usage.cpuTimeMs).toBeLessThan(mostMs(600))
    })

    // The kernel forgets the CPU time of such children, so the limit counts their wall time (times(2)).
    test('whose children nobody waits for, is ended too', async () => {
      const code = `import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor i in range(8):\n if os.fork() == 0:\n${indent(burn(5000), 2)}  os._exit(0)\ntime.sleep(20)`
      const run = await runPython(code, { limits })
      expect(run).toExceedCpu()
      if (run.enforcement.cpu === 'watch') {
        expect(run.usage.cpuTimeLowerBound).toBe(
          'it ignores SIGCHLD or sets SA_NOCLDWAIT, so the kernel forgets the CPU time of its children',
        )
      } else expect(run.usage.cpuTimeMs).toBeGreaterThan(600)
      expect(run.usage.peakProcesses).toBeGreaterThanOrEqual(8)
    })
  },
)

test.skipIf(sandboxLacks('python3')).each(['strict', 'kiss'])(
  'under %s, CPU time that the kernel forgets is counted, or reported as a lower bound long before the limit',
  async (policy) => {
    const code =
      'import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nr, w = os.pipe()\nif os.fork() == 0:\n t = time.process_time()\n while time.process_time() - t < 0.2: pass\n os._exit(0)\nos.close(w)\nos.read(r, 1)\ntime.sleep(0.2)'
    const run = await sandboxed('python3', ['-c', code], { policy, limits: { cpu: '60s' } })
    expect(run.status).toBe('exited')
    if (run.enforcement.cpu !== 'watch') expect(run.usage.cpuTimeMs).toBeGreaterThan(200)
    else {
      expect(() => expect(run).toUseCpuWithin('10s')).toThrow(
        'it ignores SIGCHLD or sets SA_NOCLDWAIT, so the kernel forgets the CPU time of its children',
      )
    }
  },
)

test('a program that sleeps longer than its CPU limit does not exceed it', async () => {
  const run = await runShell('sleep 0.5', { limits: { cpu: '300ms' } })
  expect(run).toSucceed()
})

test('a program that sends itself SIGXCPU did not exceed its CPU limit', async () => {
  const run = await runShell('kill -XCPU $$', { limits: { cpu: '5s' } })
  expect(run).toBeKilledBy('SIGXCPU')
  expect(run).not.toExceedCpu()
})
