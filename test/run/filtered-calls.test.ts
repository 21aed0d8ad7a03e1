import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { sandboxLacks } from './support/tools.ts'

// The last calls of the launch program, without the calls that a program also needs.
const refused = ['ppoll', 'lseek', 'clock_gettime', 'timerfd_settime', 'chdir', 'prlimit64']

describe.each(['errno:EPERM', 'kill'] as const)('a filter with the action %s', (action) => {
  // The C library makes prlimit64 itself.
  test.each(action === 'kill' ? refused.filter((name) => name !== 'prlimit64') : refused)(
    'does not disturb the launch program when it also names %s, which that program calls',
    async (name) => {
      const run = createSandbox({
        policy: { extends: 'strict', seccomp: { rules: [{ action, syscalls: [name] }] } },
      })
      expect(await run('/bin/sh', ['-c', 'echo "$0"', name])).toHaveStdout(`${name}\n`)
      const endless = await run('/bin/sh', ['-c', 'while :; do :; done'], {
        limits: { walltime: '100ms' },
      })
      expect(endless).toExceedWalltime()
    },
  )
})

test.skipIf(sandboxLacks('python3'))(
  'a filter that starts early still applies to the program alone',
  async () => {
    const run = createSandbox({
      policy: { extends: 'strict', seccomp: { rules: [{ action: 'kill', syscalls: ['sync'] }] } },
    })
    const result = await run('python3', ['-c', 'import os; os.sync()'])
    expect(result).toBeKilledBySeccomp('sync')
  },
)
