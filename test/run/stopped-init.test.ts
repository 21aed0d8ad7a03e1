import { expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { eventually, inits } from './support/processes.ts'

// No code has asked for the init's process id by then, because the policy has no limit that is watched.
test('a run whose init no longer reacts is killed some seconds after it should have ended', async () => {
  const abort = new AbortController()
  const run = sandboxed('sleep', ['100'], { policy: 'kiss', signal: abort.signal })
  expect(await eventually(() => inits().length === 1)).toBe(true)
  const [init = 0] = inits()
  expect(init).toBeGreaterThan(1)
  process.kill(init, 'SIGSTOP')
  abort.abort()
  await run.catch(() => {})
  expect(inits()).toEqual([])
}, 20_000)
