import { describe, expect, test } from 'vitest'
import { normalizeOptions } from '../../../../src/runner/options/normalize.ts'
import type { SandboxOptions } from '../../../../src/runner/options/sandbox-options.ts'

/** The walltime and CPU time limits of a call, in ms: 10 s each in `strict`, and 30 s each in `java`. */
function times(call: SandboxOptions, plugin: SandboxOptions = {}, sandbox: SandboxOptions = {}) {
  const { limits } = normalizeOptions('true', [], call, plugin, sandbox)
  return [limits.wallTimeMs, limits.cpuTimeMs]
}

describe('the limits of a run are those', () => {
  test('of the default policy, where no option sets any', () => {
    expect(times({})).toEqual([10_000, 10_000])
  })

  test('of the plugin, before its own policy and the default one', () => {
    expect(times({}, { limits: { walltime: '2s' } })).toEqual([2000, 10_000])
    expect(times({}, { policy: 'java', limits: { walltime: '2s' } })).toEqual([2000, 30_000])
  })

  test('of a policy that the call names, before the plugin’s', () => {
    expect(times({ policy: 'java' }, { limits: { walltime: '2s' } })).toEqual([30_000, 30_000])
  })

  test('of the plugin, where the policy that the call names has none', () => {
    expect(times({ policy: 'kiss' }, { limits: { walltime: '2s' } })).toEqual([2000, undefined])
  })

  test('of the call, before all others', () => {
    const call = { policy: 'java', limits: { walltime: '3s' } }
    expect(times(call, { limits: { walltime: '2s', cpu: '1s' } })).toEqual([3000, 30_000])
    expect(times({ limits: { walltime: '3s' } }, { limits: { walltime: '2s' } })).toEqual([
      3000, 10_000,
    ])
  })

  test('of a sandbox and its policy, before the plugin’s, and after those that the call names', () => {
    const plugin = { limits: { walltime: '2s' } }
    expect(times({}, plugin, { policy: 'java' })).toEqual([30_000, 30_000])
    const sandbox = { policy: 'java', limits: { walltime: '4s' } }
    expect(times({}, plugin, sandbox)).toEqual([4000, 30_000])
    expect(times({ policy: 'strict' }, plugin, sandbox)).toEqual([10_000, 10_000])
    expect(times({ limits: { cpu: '5s' } }, plugin, sandbox)).toEqual([4000, 5000])
  })

  test('without those that the call lifts', () => {
    expect(times({ limits: { walltime: 'unlimited' } }, { limits: { walltime: '2s' } })).toEqual([
      undefined,
      10_000,
    ])
  })
})
