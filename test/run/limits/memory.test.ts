import { describe, expect, test } from 'vitest'
import { runPython } from '../support/programs.ts'
import { sandboxLacks } from '../support/tools.ts'

const allocate = (megabytes: number) => `x = bytearray(${megabytes} << 20); print(len(x))`
const limits = { memory: '100MiB' }

describe.skipIf(sandboxLacks('python3'))('memory', () => {
  test('below the limit is there', async () => {
    expect(await runPython(allocate(60), { limits })).toHaveStdout(`${60 << 20}\n`)
  })

  test('above the limit is not, and the program is told', async () => {
    const run = await runPython(allocate(120), { limits })
    expect(run).toExitWith(1)
    expect(run.stderr).toContain('MemoryError')
    expect(run.usage.maxRssBytes).toBeLessThan(100 << 20)
  })

  test('that is freed may be used again', async () => {
    const run = await runPython(
      'for i in range(5):\n x = bytearray(60 << 20); del x\nprint("ok")',
      {
        limits,
      },
    )
    expect(run).toHaveStdout('ok\n')
  })

  test('that is only reserved costs nothing', async () => {
    const run = await runPython(
      'import mmap\nmmap.mmap(-1, 1 << 30, prot=mmap.PROT_READ)\nprint("ok")',
      { limits },
    )
    expect(run).toHaveStdout('ok\n')
  })

  test('of a hog is never more than the limit, piece by piece', async () => {
    const run = await runPython('x = []\nwhile True: x.append(bytearray(1 << 20))', { limits })
    expect(run).not.toSucceed()
    expect(run.usage.maxRssBytes).toBeLessThan(110 << 20)
  })
})
