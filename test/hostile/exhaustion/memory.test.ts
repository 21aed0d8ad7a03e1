import { describe, expect, test } from 'vitest'
import { runC } from '../../run/support/programs.ts'
import { lacks } from '../../run/support/tools.ts'

const limits = {
  memory: '128MiB',
  disk: '1GiB',
  walltime: '20s',
  cpu: '15s',
  processes: 60,
  openFiles: 256,
}
/** The most memory that a program may get of the 600 MiB that it asks for, in MiB (docs/limits.md). */
const MOST = 256

/** The amount that the program says it holds, in MiB. */
const held = (stdout: string): number => Number(/(\d+)\n[^\d]*$/.exec(stdout)?.[1] ?? 0)

describe.skipIf(lacks('gcc'))('a program’s memory is held to its limit:', () => {
  test.each([
    ['private', 'pages of its own'],
    ['shared', 'pages that it could share'],
    ['dropped', 'shared pages that are in no page table any more'],
    ['memfd', 'memory files that are open'],
    ['closed-memfd', 'memory files that are only mapped'],
    ['sent-memfd', 'memory files on their way through a socket'],
    ['files', 'files in its own file system'],
    ['page-tables', 'page tables'],
    ['leaderless', 'processes whose first thread has ended'],
    ['sockets', 'messages in the queues of sockets'],
    ['empty-files', 'empty files with long names'],
    ['mappings', 'mappings, 65,000 a process'],
  ])('%s: %s', { retry: 1 }, async (kind) => {
    const run = await runC('hoard', [kind], { limits })
    expect(run).toExceedMemory()
    expect(held(run.stdout)).toBeLessThanOrEqual(MOST)
  })
})
