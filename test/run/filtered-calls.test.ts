import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/index.ts'
import { sandboxLacks } from './support/tools.ts'

// Those of a launch program's last calls that a program can do without.
const refused = ['ppoll', 'lseek', 'clock_gettime', 'timerfd_settime', 'chdir', 'prlimit64']

describe.each(['errno:EPERM', 'kill'] as const)('a filter whose action is %s', (action) => {
  // The C library makes that one itself.
  test.each(action === 'kill' ? refused.filter((name) => name !== 'prlimit64') : refused)(
    'also for %s, which the launch program makes, hinders none of it',
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
  'a filter that is on early is still for the program alone to meet',
  async () => {
    const run = createSandbox({
      policy: { extends: 'strict', seccomp: { rules: [{ action: 'kill', syscalls: ['sync'] }] } },
    })
    const result = await run('python3', ['-c', 'import os; os.sync()'])
    expect(result).toBeKilledBySeccomp('sync')
  },
)
