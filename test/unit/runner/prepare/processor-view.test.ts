import { describe, expect, test } from 'vitest'
import { listOf } from '../../../../src/launcher/plan/processor-steps.ts'
import { loadPolicy } from '../../../../src/policy/load.ts'
import {
  firstProcessors,
  idleStat,
  processorView,
} from '../../../../src/runner/prepare/processor-view.ts'
import { parseCpuList } from '../../../../src/runner/queue/processors.ts'

test.each([
  [[0], '0'],
  [[7], '7'],
  [[3, 1, 2, 0], '0-3'],
  [[9, 1, 4, 5], '1,4-5,9'],
])('the processors %j are listed as the kernel does: %s', (numbers, list) => {
  expect(listOf(numbers)).toBe(list)
  expect(parseCpuList(list)).toEqual(numbers.toSorted((one, other) => one - other))
})

describe('/proc/cpuinfo', () => {
  const x64 = [0, 1, 2].map((id) => `processor\t: ${id}\nmodel name\t: Fast ${id}\n\n`)

  test('has as many processors as the program, numbered from 0', () => {
    expect(firstProcessors(x64.join(''), 2)).toBe(`${x64[0]}${x64[1]}`)
    const shifted = x64.slice(1).join('')
    expect(firstProcessors(shifted, 1)).toBe('processor\t: 0\nmodel name\t: Fast 1\n\n')
    expect(firstProcessors(x64.join(''), 9)).toBe(x64.join(''))
  })

  test('keeps the lines about the machine', () => {
    const hardware = 'Hardware\t: Board\nSerial\t\t: 0\n'
    expect(firstProcessors(`${x64[0]}${x64[1]}${hardware}`, 1)).toBe(`${x64[0]}${hardware}\n`)
  })

  test('is not covered where it names no processor', () => {
    expect(firstProcessors('', 1)).toBe('')
    expect(firstProcessors('cpu family : 6\n', 1)).toBe('')
  })
})

describe('/proc/stat', () => {
  test('has each processor, the time of the start, and no figure of the machine', () => {
    const stat = 'cpu  9 9\ncpu0 9 9\nintr 99 9\nctxt 99\nbtime 1700000000\nprocesses 99\n'
    expect(idleStat(stat, 2).split('\n')).toEqual([
      'cpu  0 0 0 0 0 0 0 0 0 0',
      'cpu0 0 0 0 0 0 0 0 0 0 0',
      'cpu1 0 0 0 0 0 0 0 0 0 0',
      'intr 0',
      'ctxt 0',
      'btime 1700000000',
      'processes 0',
      'procs_running 1',
      'procs_blocked 0',
      'softirq 0 0 0 0 0 0 0 0 0 0 0',
      '',
    ])
  })

  test('is not covered where a container hides it', () => {
    expect(idleStat('', 1)).toBe('')
  })
})

describe('a policy with files or mounts of its own', () => {
  const bind = (target: string) =>
    ({ type: 'bind', source: '/srv', target, writable: false, optional: false }) as const
  const strict = loadPolicy('strict')
  const viewOf = (...targets: string[]) =>
    processorView({ ...strict, mounts: [...strict.mounts, ...targets.map(bind)] }, 1)

  test.each([
    ['/sys', false],
    ['/sys/devices', false],
    ['/sys/devices/system/cpu', false],
    ['/sys/devices/system/cpu/online', false],
    ['/sys/fs/cgroup', true],
    ['/system', true],
  ])('at %s: the sandbox has a list of processors: %s', (target, sys) => {
    expect(viewOf(target).sys).toBe(sys)
  })

  test('has the /proc that it asks for', () => {
    expect(Object.keys(viewOf().proc)).toEqual(['cpuinfo', 'stat'])
    expect(viewOf('/proc').proc).toEqual({})
    for (const proc of ['pid', 'none'] as const) {
      expect(processorView({ ...strict, proc }, 1).proc).toEqual({})
    }
  })
})
