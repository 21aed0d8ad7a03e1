import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runProject } from './run-project.ts'

const timeout = 60_000
let markers = 0

/** A number of seconds that no other process of this machine sleeps. */
const newMarker = (): string => `${100_000 + process.pid}.${++markers}`

/** The processes that have a word among their arguments, but for Node's own. */
function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return command.includes(word) ? [command] : []
      } catch {
        return []
      }
    })
}

test.for(['forks', 'threads', 'vmForks', 'vmThreads', 'forks --no-isolate'])(
  'under Vitest, in %s, programs run, and none outlives its test file',
  { timeout },
  async (pool) => {
    const marker = newMarker()
    const args = `--pool=${pool}`.split(' ')
    const run = await runProject('vitest', 'vitest-sandboxes', args, [], { MARKER: marker })
    expect(run.output).toContain('9 passed (9)')
    expect(run.exitCode).toBe(0)
    expect(processesWith(marker)).toEqual([])
  },
)

test.for([['--runInBand'], ['--workerThreads']])(
  'under Jest, with %s, programs run, and none outlives its test file',
  { timeout },
  async (args) => {
    const marker = newMarker()
    const node = ['--experimental-vm-modules']
    const run = await runProject('jest', 'jest-sandboxes', args, node, { MARKER: marker })
    expect(run.output).toContain('Tests:       2 passed, 2 total')
    expect(run.exitCode).toBe(0)
    expect(processesWith(marker)).toEqual([])
  },
)
