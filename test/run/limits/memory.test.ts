import { describe, expect, test } from 'vitest'
import { runC, runPython } from '../support/programs.ts'
import { lacks, sandboxLacks } from '../support/tools.ts'

const MEBIBYTE = 1024 * 1024
const allocate = (megabytes: number) => `x = bytearray(${megabytes} << 20); print(len(x))`
const limits = { memory: '100MiB' }

describe.skipIf(sandboxLacks('python3'))('memory', () => {
  test('below the limit is available', async () => {
    expect(await runPython(allocate(60), { limits })).toHaveStdout(`${60 << 20}\n`)
  })

  test('far above the limit, requested at once, is named as the cause', async () => {
    expect(await runPython(allocate(3000), { limits })).toExceedMemory()
  })

  test('just above the limit is noticed, and named as the cause', async () => {
    const run = await runPython(`${allocate(105)}\nimport time; time.sleep(10)`, { limits })
    expect(run).toExceedMemory()
    expect(run.reason).toMatch(/^used 1\d\d(\.\d)? MiB of memory; the limit is 100 MiB$/)
  })

  test('that is freed may be used again', async () => {
    const code = 'for i in range(5):\n x = bytearray(60 << 20); del x\nprint("ok")'
    expect(await runPython(code, { limits })).toHaveStdout('ok\n')
  })

  test('that is only reserved costs nothing', async () => {
    const reserve = 'import mmap\nm = mmap.mmap(-1, 8 << 30, flags=mmap.MAP_PRIVATE)\nprint("ok")'
    const run = await runPython(reserve, { limits })
    expect(run).toHaveStdout('ok\n')
    expect(run).toUseMemoryWithin('64MiB')
  })

  test('of a hog that allocates piece by piece never far exceeds the limit', async () => {
    const run = await runPython('x = []\nwhile True: x.append(bytearray(1 << 20))', { limits })
    expect(run).toExceedMemory()
    expect(run.usage.maxRssBytes).toBeLessThan(130 << 20)
  })

  test('of many processes counts together', async () => {
    const code =
      'import os, time\nfor i in range(8):\n if os.fork() == 0:\n  x = bytearray(30 << 20); time.sleep(20)\ntime.sleep(20)'
    const run = await runPython(code, { limits: { ...limits, walltime: '30s' } })
    expect(run).toExceedMemory()
    expect(run.usage.maxRssBytes).toBeLessThan(100 * MEBIBYTE)
    expect(run.usage.peakMemoryBytes).toBeGreaterThan(100 * MEBIBYTE)
  })

  test('that processes share counts once', async () => {
    const code =
      'import os, time\nx = bytearray(60 << 20)\nfor i in range(8):\n if os.fork() == 0:\n  time.sleep(0.3); os._exit(0)\nfor i in range(8): os.wait()\nprint("ok")'
    const run = await runPython(code, { limits })
    expect(run).toHaveStdout('ok\n')
    expect(run.usage.peakMemoryBytes).toBeLessThan(100 * MEBIBYTE)
  })

  test('in a shared mapping counts too', async () => {
    const code =
      'import mmap, time\nm = mmap.mmap(-1, 300 << 20)\nfor i in range(0, 300 << 20, 4096): m[i] = 1\ntime.sleep(20)'
    expect(await runPython(code, { limits: { ...limits, walltime: '30s' } })).toExceedMemory()
  })

  test('is not attributed to sockets that hold nothing', async () => {
    const code =
      'import socket, time\npairs = [socket.socketpair() for _ in range(100)]\ntime.sleep(0.5)\nprint("ok")'
    expect(await runPython(code, { limits: { memory: '48MiB' } })).toHaveStdout('ok\n')
  })
})

describe.skipIf(lacks('gcc'))('a runtime that reserves terabytes, as .NET does', () => {
  test.each(['strict', 'kiss', 'csharp'])('starts under policy %s', async (policy) => {
    const run = await runC('managed-runtime', [], { policy, limits: { memory: '64MiB' } })
    expect(run).toHaveStdout('started\n')
    expect(run).toUseMemoryWithin('32MiB')
  })
})
