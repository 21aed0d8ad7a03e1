import { appendFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { registerRun } from '../node_modules/gradebox/dist/runner/active.js'

/** A result as `sandboxed()` gives it, made up. */
export function fabricate(exitCode: number, stdout = '') {
  const result = {
    status: 'exited',
    ok: exitCode === 0,
    exitCode,
    reason: `the program exited with code ${exitCode}`,
    stdout,
    stderr: '',
    truncated: false,
    usage: { wallTimeMs: 12, cpuTimeMs: 8, userTimeMs: 6, systemTimeMs: 2, maxRssBytes: 1_572_864 },
    enforcement: {},
    files: {},
    uncollected: {},
    command: './a.out',
    args: [],
    policy: 'strict',
    limits: {},
  }
  return Object.defineProperty(result, Symbol.for('gradebox.SandboxResult'), { value: true })
}

/** A run that nobody awaits; its start and end are noted in `runs.log`. */
export function leaveRunning(): void {
  appendFileSync('runs.log', 'started\n')
  registerRun({
    describe: () => './a.out',
    async end() {
      await setTimeout(200)
      appendFileSync('runs.log', 'ended\n')
    },
  })
}
