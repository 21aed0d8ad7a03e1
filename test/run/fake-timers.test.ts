import { afterEach, describe, expect, test, vi } from 'vitest'
import { createSandbox, sandboxed } from '../../src/index.ts'
import { sandboxLacks } from './support/tools.ts'

// Vitest cannot fake process.nextTick in its child processes.
const all = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'] as const
const toFake = [...all, 'performance', 'Date', 'hrtime', 'queueMicrotask'] as const

afterEach(() => {
  vi.useRealTimers()
})

/** Six processes that touch 50 MiB each. */
const MEMORY = `import os, time
for i in range(6):
  if os.fork() == 0:
    b = bytearray(50 << 20)
    time.sleep(1.5)
    os._exit(0)
time.sleep(1.8)`

/** Four processes that compute for a long time. */
const BURN = 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'

describe('under fake timers', () => {
  test.skipIf(sandboxLacks('python3'))('the memory limit of six processes holds', async () => {
    vi.useFakeTimers({ toFake: [...toFake] })
    const limits = { memory: '128MiB', walltime: '6s' }
    expect(await sandboxed('python3', ['-c', MEMORY], { limits })).toExceedMemory()
  })

  test('the CPU limit of four processes holds', async () => {
    vi.useFakeTimers({ toFake: [...toFake] })
    const limits = { cpu: '200ms', walltime: '20s' }
    expect(await sandboxed('sh', ['-c', BURN], { limits })).toExceedCpu()
  })

  test('the walltime limit holds', async () => {
    vi.useFakeTimers({ toFake: [...toFake] })
    expect(await sandboxed('sleep', ['9'], { limits: { walltime: 300 } })).toExceedWalltime()
  })

  test('the queues of a sandbox and of the machine continue', async () => {
    vi.useFakeTimers({ toFake: [...toFake] })
    const own = createSandbox({ concurrency: 1, warm: 2 })
    const runs = Array.from({ length: 4 }, () => [own('true'), sandboxed('true')]).flat()
    for (const run of await Promise.all(runs)) expect(run).toSucceed()
  })
})
