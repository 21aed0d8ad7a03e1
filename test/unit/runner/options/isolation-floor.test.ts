import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { normalizeOptions } from '../../../../src/runner/options/normalize.ts'
import type { SandboxOptions } from '../../../../src/runner/options/sandbox-options.ts'
import { makeDirectory } from '../../../run/support/directory.ts'

const floor = (call: SandboxOptions, plugin: SandboxOptions = {}, sandbox: SandboxOptions = {}) =>
  normalizeOptions('true', [], call, plugin, sandbox).isolation

const insisting = (level: 'full' | 'nested') =>
  ({ extends: 'strict', require: [`isolation:${level}`] }) as const

describe('the floor of a run’s isolation is', () => {
  test('full, where no option sets it', () => {
    expect(floor({})).toBe('full')
  })

  test('the floor of the call, then of the sandbox, then of the plugin', () => {
    expect(floor({}, { isolation: 'nested' })).toBe('nested')
    expect(floor({}, { isolation: 'nested' }, { isolation: 'confined' })).toBe('confined')
    expect(floor({ isolation: 'full' }, { isolation: 'nested' }, { isolation: 'confined' })).toBe(
      'full',
    )
  })

  test('the floor of the policy, which no option lowers', () => {
    const confined = { isolation: 'confined' } as const
    for (const level of ['full', 'nested'] as const) {
      const policy = insisting(level)
      expect(floor({ ...confined, policy })).toBe(level)
      expect(floor(confined, { policy })).toBe(level)
      expect(floor({}, { ...confined, policy })).toBe(level)
      expect(floor({}, {}, { ...confined, policy })).toBe(level)
    }
  })

  test('the floor of the policy, also for a policy that extends it', () => {
    const directory = makeDirectory({
      'course.toml': 'extends = "strict"\nrequire = ["isolation:full"]\n',
    })
    const policy = { extends: join(directory, 'course.toml'), require: ['isolation:nested'] }
    expect(floor({ isolation: 'confined', policy })).toBe('full')
  })

  test('the stronger of the option and the policy', () => {
    expect(floor({ isolation: 'full', policy: insisting('nested') })).toBe('full')
  })
})
