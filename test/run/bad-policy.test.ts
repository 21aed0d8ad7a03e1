import { describe, expect, test } from 'vitest'
import { withOptions } from './support/refusals.ts'

describe('a call is refused with every problem at once,', () => {
  test('for invalid limits', async () => {
    expect(
      await withOptions(
        { limits: 1 },
        { limits: { time: '1s' } },
        { limits: { walltime: -1 } },
        { limits: { walltime: 0 } },
        { limits: { walltime: '1' } },
        { limits: { cpu: Number.POSITIVE_INFINITY } },
        { limits: { processes: 1.5 } },
        { limits: { memory: 'much', openFiles: '1', stack: null } },
      ),
    ).toMatchInlineSnapshot(`
      "OPTION_INVALID: Expected \`limits\` to be an object, got \`1\` (number)
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: unknown limit "time"; expected walltime, cpu, memory, output, fileSize, disk, stack, addressSpace, cpus, processes, openFiles, core, fsize, as or nofile
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got -1
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got 0
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got "1"
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: cpu: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got Infinity
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits: processes: expected a whole number from 1 to 2147483647, or "unlimited", got 1.5
        see: docs/errors.md#option_invalid
      OPTION_INVALID: Invalid limits:
        memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got "much"
        openFiles: expected a whole number from 1 to 2147483647, or "unlimited", got "1"
        stack: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got null
        see: docs/errors.md#option_invalid"
    `)
  })

  test('for an invalid policy', async () => {
    expect(
      await withOptions(
        { policy: 'strickt' },
        { policy: './missing.toml' },
        { policy: new URL('https://example.org/p.toml') },
        { policy: 1 },
        { policy: { mount: [], uid: -1, hostname: '' } },
        { policy: { seccomp: { syscalls: ['opne'] } } },
      ),
    ).toMatchInlineSnapshot(`
      "POLICY_INVALID: Invalid policy: unknown name "strickt"; did you mean "strict"?
        hint: Shipped policies: (all). A path has a slash or ends in .toml.
        see: docs/errors.md#policy_invalid
      POLICY_INVALID: Invalid policy ./missing.toml: there is no such file
        see: docs/errors.md#policy_invalid
      POLICY_INVALID: Invalid policy: expected a file: URL, got "https://example.org/p.toml"
        see: docs/errors.md#policy_invalid
      OPTION_INVALID: Expected \`policy\` to be a policy's name, path, URL or object, got \`1\` (number)
        see: docs/errors.md#option_invalid
      POLICY_INVALID: Invalid policy inline:
        uid: expected a whole number from 0 to 4294967294, got -1
        hostname: expected 1 to 64 letters, digits, dots and hyphens, got ""
        unknown key "mount"; did you mean "mounts"?
        see: docs/errors.md#policy_invalid
      POLICY_INVALID: Invalid policy inline: seccomp.syscalls[0]: unknown system call "opne"; did you mean "open"?
        see: docs/errors.md#policy_invalid"
    `)
  })
})
