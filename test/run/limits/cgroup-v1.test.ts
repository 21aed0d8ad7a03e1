import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { findDelegation } from '../../../src/limits/cgroup/delegation.ts'
import { findV1Delegation, removeStaleV1Groups } from '../../../src/limits/cgroup/v1.ts'
import { makeDirectory } from '../support/directory.ts'
import { compile, runC, runPython } from '../support/programs.ts'

const found = findV1Delegation()
const v2 = findDelegation()
const hasV1 = 'path' in found && found.controllers.size === 2
const isUsed = hasV1 && !('path' in v2 && v2.controllers.size > 0)
if (!isUsed)
  console.warn(
    `NOT TESTED: groups of cgroup v1: ${'reason' in found ? found.reason : 'v2 is used'}`,
  )

const policy = {
  extends: 'kiss',
  require: ['cpu:cgroup', 'memory:cgroup', 'processes:cgroup'],
} as const
const limits = { cpu: '10s', memory: '64MiB', processes: 20, walltime: '60s' } as const

/** The groups of runs that exist in any hierarchy. */
const groups = () =>
  'path' in found
    ? [...found.directories.values()].flatMap((path) =>
        readdirSync(path).filter((name) => name.startsWith(`gradebox-${process.pid}-`)),
      )
    : []

describe.skipIf(!isUsed)('a run in groups of cgroup v1', () => {
  test('is held to its memory limit by the kernel', async () => {
    const { status, enforcement, usage } = await runPython('bytearray(200 << 20)', {
      policy,
      limits,
    })
    expect(status).toBe('memory')
    expect(enforcement).toMatchObject({ cpu: 'cgroup', memory: 'cgroup', processes: 'cgroup' })
    expect(usage.peakMemoryBytes).toBe(64 * 2 ** 20)
  })

  test('has the memory of its files in addition', async () => {
    const files = { '/work/large': new Uint8Array(100 << 20) }
    const result = await runPython('bytearray(40 << 20)', { policy, limits, files })
    expect(result).toExitWith(0)
  })

  test('has its own share of the processors, however many sessions it starts', async () => {
    const share = 'path' in found ? found.directories.get('cpu') : undefined
    if (share === undefined) return console.warn('NOT TESTED: no group of the hierarchy cpu here')
    const run = sandboxed('sh', ['-c', 'setsid sleep 60 & echo started; wait'], { policy, limits })
    await new Promise((settle) => run.stdout.once('data', settle))
    const [name] = readdirSync(share).filter((each) => each.startsWith(`gradebox-${process.pid}-`))
    const members = readFileSync(`${share}/${name}/cgroup.procs`, 'utf8').trim().split('\n')
    run.kill()
    await run
    // The init, the shell and its child.
    expect(members).toHaveLength(3)
  })

  test('is held to its process limit', async () => {
    const { stdout } = await runC('multiply', ['process', '100'], { policy, limits })
    expect(stdout).toBe('19 more\n')
  })

  test('is held to its CPU time', async () => {
    const { status } = await runPython('while True: pass', {
      policy,
      limits: { ...limits, cpu: '0.3s' },
    })
    expect(status).toBe('cpu')
  })

  test('hides no CPU time in processes that leave the kernel’s counter', async () => {
    const workdir = makeDirectory({ unreadable: compile('leave-counter') })
    chmodSync(`${workdir}/unreadable`, 0o111)
    const { usage } = await runC('leave-counter', ['have', '5', '100'], { policy, limits, workdir })
    expect(usage.cpuTimeMs).toBeGreaterThan(500)
    expect(usage).not.toHaveProperty('cpuTimeLowerBound')
  })

  test('leaves no group', async () => {
    await sandboxed('true', [], { policy, limits })
    expect(groups()).toEqual([])
  })
  test('loses its group at the next sweep after its test runner or thread has ended, and no other run does', () => {
    const [directory = ''] = 'path' in found ? [...found.directories.values()] : []
    const made = ['4194304-4194304', `${process.pid}-4194304`, `${process.pid}-${process.pid}`].map(
      (owner) => `${directory}/gradebox-${owner}-1000000`,
    )
    onTestFinished(() => {
      for (const path of made) if (existsSync(path)) rmdirSync(path)
    })
    for (const path of made) mkdirSync(path)
    removeStaleV1Groups()
    expect(made.map((path) => existsSync(path))).toEqual([false, false, true])
  })
})
