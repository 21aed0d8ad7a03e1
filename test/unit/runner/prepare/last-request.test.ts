import { expect, test, vi } from 'vitest'
import type { Assembled } from '../../../../src/launcher/image/assemble.ts'
import { LastRequest } from '../../../../src/runner/prepare/last-request.ts'

const asked = {
  command: './a.out',
  args: ['1', '2'],
  env: { PATH: '/bin', HOME: '/work' },
  cwd: '/work',
  limits: { wallTimeMs: 1000, openFiles: 64 },
  collect: ['out.txt'],
  enforcement: { walltime: 'watch', openFiles: 'rlimit' },
  processors: [0],
} as const

const make = (): Assembled => ({
  bytes: new Uint8Array(0),
  address: 0,
  steps: [],
  symbols: new Map(),
})

test('a run with the same options as the last one gets its request', () => {
  const requests = new LastRequest()
  const made = requests.of(asked, make)
  const never = vi.fn(make)
  expect(requests.of(asked, never)).toBe(made)
  const equal = structuredClone(asked)
  expect(requests.of(equal, never)).toBe(made)
  expect(never).not.toHaveBeenCalled()
})

test.each([
  { command: './b.out' },
  { args: ['1'] },
  { args: ['1', '2', '3'] },
  { args: ['1', '3'] },
  { env: { PATH: '/bin' } },
  { env: { PATH: '/bin', HOME: '/tmp' } },
  // A program may see the order of the variables.
  { env: { HOME: '/work', PATH: '/bin' } },
  { env: { PATH: '/bin', HOME: '/work', LANG: 'C' } },
  { cwd: '/tmp' },
  { limits: { wallTimeMs: 1001, openFiles: 64 } },
  { limits: { wallTimeMs: 1000 } },
  { limits: { wallTimeMs: 1000, processes: 64 } },
  { collect: [] },
  { enforcement: { walltime: 'watch', openFiles: 'cgroup' } },
  { processors: [1] },
  { processors: [0, 1] },
] as const)('a run with other options gets its own: %j', (changes) => {
  const requests = new LastRequest()
  const made = requests.of(asked, make)
  const other = requests.of({ ...asked, ...changes }, make)
  expect(other).not.toBe(made)
  expect(requests.of(asked, make)).not.toBe(made)
})

test('a request that cannot be made leaves the last one unchanged', () => {
  const requests = new LastRequest()
  const made = requests.of(asked, make)
  const fail = () =>
    requests.of({ ...asked, cwd: '/tmp' }, () => {
      throw new Error('planned')
    })
  expect(fail).toThrow('planned')
  expect(requests.of(asked, () => expect.unreachable())).toBe(made)
})
