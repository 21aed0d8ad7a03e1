import { describe, expect, test } from 'vitest'
import { runShell } from '../support/programs.ts'

const spin = 'while :; do :; done'

describe('a program that uses more CPU time than it may', () => {
  test('is ended by the kernel at the next whole second', async () => {
    const run = await runShell(`echo partial; ${spin}`, { limits: { cpu: '1s', walltime: '20s' } })
    expect(run).toExceedCpu()
    expect(run).toMatchObject({ ok: false, signal: 'SIGXCPU', stdout: 'partial\n' })
    expect(run.reason).toMatch(/^used .* of CPU time; the limit is 1 s$/)
  })

  test('is ended although it ignores SIGXCPU', async () => {
    const run = await runShell(`trap "" XCPU; ${spin}`, { limits: { cpu: '1s', walltime: '20s' } })
    expect(run).toExceedCpu()
    expect(run.signal).toBe('SIGKILL')
  })

  test('exceeds its limit also when it ends by itself before the next second', async () => {
    const burn = 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; exit 0'
    const run = await runShell(burn, { limits: { cpu: '50ms', walltime: '20s' } })
    expect(run).toExceedCpu()
    expect(run).toMatchObject({ ok: false, exitCode: 0 })
  })
})

test('a program that sleeps longer than its CPU limit does not exceed it', async () => {
  const run = await runShell('sleep 0.5', { limits: { cpu: '300ms' } })
  expect(run).toSucceed()
})

test('a program that sends itself SIGXCPU did not exceed its CPU limit', async () => {
  const run = await runShell('kill -XCPU $$', { limits: { cpu: '5s' } })
  expect(run).toBeKilledBy('SIGXCPU')
  expect(run).not.toExceedCpu()
})
