import { describe, expect, test } from 'vitest'
import { resourceLimits as limitsWith, parseHardLimits } from '../../../src/limits/rlimit.ts'
import { type Limits, UNLIMITED } from '../../../src/limits/table.ts'

const resourceLimits = (limits: Limits) =>
  limitsWith(limits, { memory: 'watch', processes: 'rlimit' })
const MEBIBYTE = 1024 * 1024

const [CPU, FSIZE, STACK, CORE, NPROC, NOFILE, AS] = [0, 1, 3, 4, 6, 7, 9]

describe('the resource limits', () => {
  test('are absent where nothing is limited', () => {
    expect(resourceLimits({})).toEqual([])
    expect(resourceLimits({ wallTimeMs: 1, outputBytes: 1, diskBytes: 1 })).toEqual([])
  })

  test('name the option that sets each limit', () => {
    const limits = {
      fileSizeBytes: 2,
      stackBytes: 3,
      addressSpaceBytes: 4,
      coreBytes: 0,
      openFiles: 5,
    }
    expect(resourceLimits(limits)).toEqual([
      { resource: FSIZE, option: 'fileSize', soft: 2, hard: 2 },
      { resource: STACK, option: 'stack', soft: 3, hard: 3 },
      { resource: AS, option: 'addressSpace', soft: 4, hard: 4 },
      { resource: NOFILE, option: 'openFiles', soft: 5, hard: 5 },
      { resource: CORE, option: 'core', soft: 1, hard: 1 },
    ])
  })

  test.each([
    [1, 2],
    [999, 2],
    [1000, 2],
    [1001, 3],
    [2500, 4],
  ])(
    'are a backstop for the watch: a limit of %d ms of CPU time becomes %d s, and the kernel kills one second later',
    (cpuTimeMs, soft) => {
      expect(resourceLimits({ cpuTimeMs })).toEqual([
        { resource: CPU, option: 'cpu', soft, hard: soft + 1 },
      ])
    },
  )

  test('allow one process more than the option says, because the init counts', () => {
    expect(resourceLimits({ processes: 1 })).toEqual([
      { resource: NPROC, option: 'processes', soft: 2, hard: 2 },
    ])
  })

  test('do not hold memory, because a program may reserve far more than it touches', () => {
    expect(resourceLimits({ memoryBytes: 64 * MEBIBYTE })).toEqual([])
  })

  test('exclude those that a control group holds', () => {
    const limits = { memoryBytes: 1, processes: 2, cpuTimeMs: 1 }
    const enforcement = { memory: 'cgroup', processes: 'cgroup', cpu: 'cgroup' } as const
    expect(limitsWith(limits, enforcement).map(({ option }) => option)).toEqual(['cpu'])
  })

  test('are those of the host where a limit is lifted', () => {
    const [lifted, ...others] = resourceLimits({ stackBytes: UNLIMITED })
    expect(others).toEqual([])
    expect(lifted).toMatchObject({ resource: STACK, option: 'stack', soft: lifted?.hard })
  })
})

test('hard limits are read from the text of /proc/PID/limits', () => {
  const text = [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max cpu time              unlimited            unlimited            seconds   ',
    'Max file size             10                   20                   bytes     ',
    'Max nice priority         0                    0                    ',
  ].join('\n')
  expect([...parseHardLimits(text)]).toEqual([
    [0, (1n << 64n) - 1n],
    [1, 20n],
    [2, 0n],
  ])
})
