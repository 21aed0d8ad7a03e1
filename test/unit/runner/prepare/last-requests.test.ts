import { expect, test, vi } from 'vitest'
import type { Assembled } from '../../../../src/launcher/image/assemble.ts'
import { LastRequests } from '../../../../src/runner/prepare/last-requests.ts'

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

test('a run with the same options as an earlier one gets its request', () => {
  const requests = new LastRequests()
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
  const requests = new LastRequests()
  const made = requests.of(asked, make)
  const other = requests.of({ ...asked, ...changes }, make)
  expect(other).not.toBe(made)
  expect(requests.of(asked, make)).toBe(made)
})

test('the last four requests are kept, whichever processor each run has', () => {
  const requests = new LastRequests()
  const on = (processor: number) => requests.of({ ...asked, processors: [processor] }, make)
  const [first, second] = [on(0), on(1)]
  expect([on(0), on(1)]).toEqual([first, second])
  expect(on(0)).toBe(first)
  for (const processor of [2, 3, 4]) on(processor)
  expect(on(1)).toBe(second)
  expect(on(0)).not.toBe(first)
})

test('a request that cannot be made leaves the others unchanged', () => {
  const requests = new LastRequests()
  const made = requests.of(asked, make)
  const fail = () =>
    requests.of({ ...asked, cwd: '/tmp' }, () => {
      throw new Error('planned')
    })
  expect(fail).toThrow('planned')
  expect(requests.of(asked, () => expect.unreachable())).toBe(made)
})
