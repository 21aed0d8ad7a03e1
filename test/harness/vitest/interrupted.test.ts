import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sandboxMounts } from '../../run/support/remains.ts'
import { newMarker, processesWith, until } from '../processes.ts'
import { type StartedProject, startProject } from '../run-project.ts'

/** Starts Vitest on a project whose test waits for a program that does not end. */
async function startWaiting(marker: string, args: readonly string[], env = {}) {
  const started = startProject('vitest', 'vitest-long', args, { env: { MARKER: marker, ...env } })
  onTestFinished(() => endGroup(started))
  await until(`the program runs; ${started.output()}`, () => sleeps(marker) > 0)
  return started
}

// Matches the program itself, not the sandbox that has its name among the arguments.
const sleeps = (marker: string) =>
  processesWith(marker).filter((command) => command.startsWith('sleep ')).length

async function endGroup({ process: child, exit }: StartedProject): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
  await exit
}

function signalGroup({ process: child }: StartedProject, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, signal)
}

/** Mounts of this host that a sandbox would have made, and its files in the temporary directory. */
const remains = ({ directory }: StartedProject) => ({
  mounts: sandboxMounts(),
  files: readdirSync(join(directory, 'tmp')).filter((name) => name.includes('gradebox')),
})

test('Ctrl-C ends the program', async () => {
  const marker = newMarker()
  const started = await startWaiting(marker, ['run'])
  signalGroup(started, 'SIGINT')
  await started.exit
  await until('the program has ended', () => processesWith(marker).length === 0)
  expect(remains(started).files).toEqual([])
})

test('a worker that is killed during a run leaves no process, mount or file behind', async () => {
  const marker = newMarker()
  const mounts = sandboxMounts()
  const started = await startWaiting(marker, ['run', '--pool=forks'])
  const worker = Number(readFileSync(join(started.directory, 'worker.pid'), 'utf8'))
  expect(worker).not.toBe(started.process.pid)
  expect(remains(started).files).toHaveLength(1)
  process.kill(worker, 'SIGKILL')
  await until('the program has ended', () => processesWith(marker).length === 0)
  expect(await started.exit).toBe(1)
  expect(remains(started)).toEqual({ mounts, files: [] })
})

test('at bail the programs of other tests are ended, and Vitest ends with them', async () => {
  const marker = newMarker()
  const started = await startWaiting(marker, ['run', '--bail=1'], { BAIL: '1' })
  expect(await started.exit).toBe(1)
  expect(processesWith(marker)).toEqual([])
  expect(started.output()).toContain('fails.test.ts > fails')
  // Vitest cancels the tests and does not fail them.
  expect(started.output()).not.toContain('FAIL  waits.test.ts')
})

test('in watch mode a changed file is run again, with a fresh program', async () => {
  const marker = newMarker()
  const started = startProject('vitest', 'vitest-long', ['--watch', 'waits'], {
    env: { MARKER: '0.2', CI: '' },
  })
  onTestFinished(() => endGroup(started))
  await until('the test has passed', () => /Tests {2}1 passed/.test(started.output()))
  const file = join(started.directory, 'waits.test.ts')
  appendFileSync(
    file,
    `test('waits more', { timeout: 2000 }, async () => {
      await sandboxed('sleep', ['${marker}'])
    })
    test('and has ended', () => {
      expect(process.env.MARKER).toBe('0.2')
    })\n`,
  )
  await until('the tests ran again', () => /1 failed \| 2 passed/.test(started.output()))
  expect(started.output()).toContain('When the test timed out, a program was still running')
  expect(processesWith(marker)).toEqual([])
  expect(existsSync(join(started.directory, 'worker.pid'))).toBe(true)
})
