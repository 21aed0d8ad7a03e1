import { describe, expect, test } from 'vitest'
import { mergeLimits, normalizeLimits } from '../../../src/policy/policy-limits.ts'

const ms = { bareTime: 'ms' } as const
const s = { bareTime: 's' } as const

describe('limits', () => {
  test('have their units in their names after parsing', () => {
    const raw = {
      walltime: '1.5s',
      cpu: 800,
      memory: '64MiB',
      output: 0,
      fileSize: '10MB',
      disk: '1GiB',
      stack: 8192,
      addressSpace: '4GiB',
      processes: 16,
      openFiles: 64,
      core: 0,
    }
    expect(normalizeLimits(raw, ms)).toEqual({
      wallTimeMs: 1500,
      cpuTimeMs: 800,
      memoryBytes: 67_108_864,
      outputBytes: 0,
      fileSizeBytes: 10_000_000,
      diskBytes: 1_073_741_824,
      stackBytes: 8192,
      addressSpaceBytes: 4_294_967_296,
      processes: 16,
      openFiles: 64,
      coreBytes: 0,
    })
  })

  test('count bare times in seconds in a policy file and in milliseconds in code', () => {
    expect(normalizeLimits({ walltime: 2 }, s)).toEqual({ wallTimeMs: 2000 })
    expect(normalizeLimits({ walltime: 2 }, ms)).toEqual({ wallTimeMs: 2 })
    expect(normalizeLimits({ walltime: '250ms' }, s)).toEqual({ wallTimeMs: 250 })
  })

  test('may have the names that hakoniwa gives them', () => {
    expect(normalizeLimits({ as: 4096, fsize: 0, nofile: 32 }, s)).toEqual({
      addressSpaceBytes: 4096,
      fileSizeBytes: 0,
      openFiles: 32,
    })
  })

  test('that are undefined are absent', () => {
    expect(normalizeLimits({ walltime: undefined }, ms)).toEqual({})
  })

  test('of a call replace those of a policy one by one', () => {
    const base = { wallTimeMs: 1000, cpuTimeMs: 500 }
    expect(mergeLimits(base, { wallTimeMs: 2000 })).toEqual({ wallTimeMs: 2000, cpuTimeMs: 500 })
  })
})

describe('an invalid limit', () => {
  const reading =
    (raw: unknown, units: Parameters<typeof normalizeLimits>[1] = ms) =>
    () =>
      normalizeLimits(raw, units)

  test('is negative or not a number', () => {
    expect(reading({ walltime: -1 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got -1
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ memory: Number.NaN })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got NaN
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ processes: 1.5 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: processes: expected a whole number from 1 to 2147483647, or "unlimited", got 1.5
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ openFiles: 2 ** 40 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: openFiles: expected a whole number from 1 to 2147483647, or "unlimited", got 1099511627776
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('is a fraction of a second in a policy file', () => {
    expect(reading({ cpu: 1.5 }, s)).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: cpu: expected a duration above 0: whole seconds, text such as "1.5s", or "unlimited", got 1.5
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('is zero, which would stop every program', () => {
    expect(reading({ cpu: 0 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: cpu: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got 0
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ disk: 0 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: disk: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got 0
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ memory: '0MiB' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "0MiB"
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('has an unknown unit', () => {
    expect(reading({ memory: '64 mega' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "64 mega"
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ walltime: '2 fortnights' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got "2 fortnights"
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ processes: '16' })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: processes: expected a whole number from 1 to 2147483647, or "unlimited", got "16"
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('has an unknown name', () => {
    expect(reading({ wallTime: 1 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: unknown limit "wallTime"; did you mean "walltime"?
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ gpu: 1 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: unknown limit "gpu"; did you mean "cpu"?
        see: docs/errors.md#option_invalid]
    `,
    )
    expect(reading({ toString: 1 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: unknown limit "toString"; expected walltime, cpu, memory, output, fileSize, disk, stack, addressSpace, cpus, processes, openFiles, core, fsize, as or nofile
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('is given twice', () => {
    expect(reading({ fsize: 1, fileSize: 2 })).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: fileSize: the same limit is given under another name too
        see: docs/errors.md#option_invalid]
    `,
    )
  })

  test('is reported along with the others', () => {
    expect(reading({ cpu: 0, memory: true })).toThrowErrorMatchingInlineSnapshot(`
      [SandboxError: Invalid limits:
        cpu: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got 0
        memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got true
        see: docs/errors.md#option_invalid]
    `)
    expect(reading('10s')).toThrowErrorMatchingInlineSnapshot(
      `
      [SandboxError: Invalid limits: expected a table, got "10s"
        see: docs/errors.md#option_invalid]
    `,
    )
  })
})
