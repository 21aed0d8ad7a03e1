import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { limitRows } from '../../../src/limits/table.ts'
import { runPython, runShell } from '../support/programs.ts'
import { sandboxLacks } from '../support/tools.ts'

describe('a limit that is lifted', () => {
  test.each(limitRows.map(([option]) => option))('%s no longer applies', async (option) => {
    const run = await sandboxed('true', [], { limits: { [option]: 'unlimited' } })
    expect(run).toSucceed()
    const { field } = limitRows.find(([name]) => name === option)?.[1] ?? { field: 'cpus' as const }
    expect(run.limits).not.toHaveProperty(field)
    expect(run.enforcement).not.toHaveProperty(option)
  })

  test('in a policy file does not apply, and a call may set it again', async () => {
    const policy = { extends: 'strict', limits: { memory: 'unlimited', walltime: 'unlimited' } }
    const lifted = await sandboxed('true', [], { policy })
    expect(lifted.limits).not.toHaveProperty('memoryBytes')
    const again = await sandboxed('true', [], { policy, limits: { memory: '64MiB' } })
    expect(again.limits.memoryBytes).toBe(64 * 1024 * 1024)
  })

  test('raises the stack, the files and the descriptors as far as the host allows', async () => {
    const limits = { stack: 'unlimited', fileSize: 'unlimited', openFiles: 'unlimited' } as const
    const run = await runShell('ulimit -Hs; ulimit -s; ulimit -f; ulimit -n; ulimit -Hn', {
      limits,
    })
    const [hardStack, stack, size, files, hardFiles] = run.stdout.split('\n')
    expect([stack, files]).toEqual([hardStack, hardFiles])
    expect(size).toBe('unlimited')
    expect(Number(files)).toBeGreaterThan(256)
  })
})

test.skipIf(sandboxLacks('python3'))(
  'a stack without a limit is bounded by the memory limit',
  async () => {
    const script = [
      'import sys, threading',
      'sys.setrecursionlimit(10**6)',
      'def deep(n): return 0 if n == 0 else deep(n - 1) + 1',
      'print(deep(50_000))',
    ].join('\n')
    const limits = { stack: 'unlimited', memory: '128MiB' } as const
    expect(await runPython(script, { limits })).toHaveStdout('50000\n')
  },
)
