// Serves every run from a launch program that has waited. The suites about the limits of a sandbox run with this file
// too.
import { readFileSync } from 'node:fs'
import { vi } from 'vitest'
import { setDefaults } from '../../../src/runner/options/defaults.ts'
import { type PoolShape, WaitingLauncher } from '../../../src/runner/pool/waiting-launcher.ts'

const BUILT_WITHIN_MS = 2000
const LOOK_MS = 5

const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

// The init, or its child that becomes the program, sleeps in ppoll(2) and slept at the previous check. While a sandbox
// is built, neither sleeps so long.
function isWaiting(init: number | undefined): boolean {
  if (init === undefined) return false
  try {
    const children = readFileSync(`/proc/${init}/task/${init}/children`, 'latin1')
    const stat = readFileSync(`/proc/${children.trim() || init}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('S')
  } catch (error) {
    // The process has ended since its parent listed it. A helper of the init does so.
    if (isGone(error as NodeJS.ErrnoException)) return false
    throw error
  }
}

const isGone = ({ code }: NodeJS.ErrnoException): boolean => code === 'ENOENT' || code === 'ESRCH'

vi.mock('../../../src/runner/pool/pool.ts', () => ({
  pool: {
    take: (shape: PoolShape): WaitingLauncher => {
      const ready = WaitingLauncher.start(shape)
      const end = performance.now() + BUILT_WITHIN_MS
      for (let seen = 0; seen < 2; pause(LOOK_MS)) {
        seen = isWaiting(ready.launcher.pid) ? seen + 1 : 0
        // The run reports a root that cannot be built.
        if (!ready.launcher.isAlive || performance.now() > end) break
      }
      return ready
    },
    started: () => () => {},
  },
}))

setDefaults({ warm: 1 })
