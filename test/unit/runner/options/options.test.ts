import { describe, expect, test } from 'vitest'
import gradebox from '../../../../src/environment/vitest/plugin.ts'
import { createSandbox, type SandboxConfig, SandboxError } from '../../../../src/index.ts'
import { checkOptions } from '../../../../src/runner/options/check-options.ts'

const takers = ['sandboxed', 'createSandbox', 'plugin'] as const

describe('valid options are accepted', () => {
  test.each(takers)('by %s', (taker) => {
    const limits = { walltime: '1.5s', cpu: 1000, memory: '64MiB', processes: 16 }
    checkOptions({ policy: 'python', limits, env: { LANG: 'C' } }, taker)
    checkOptions({ policy: new URL('file:///policy.toml'), limits: undefined }, taker)
    checkOptions({ policy: { extends: 'strict' } }, taker)
    checkOptions({ policy: './not-yet-there.toml' }, taker)
  })

  test('by functions that have a queue of their own', () => {
    checkOptions({ concurrency: 2, warm: 0 }, 'createSandbox')
    checkOptions({ concurrency: 2, warm: 32 }, 'plugin')
  })
})

const wrong: readonly (readonly [unknown, string])[] = [
  [3, 'Expected `options` to be an object, got `3` (number)'],
  [null, 'Expected `options` to be an object, got `null` (null)'],
  [{ limit: {} }, 'There is no option `limit`\n  hint: Did you mean `limits`?'],
  [{ policy: 3 }, "Expected `policy` to be a policy's name, path, URL or object, got `3` (number)"],
  [
    { policy: '' },
    "Expected `policy` to be a policy's name, path, URL or object, got `''` (string)",
  ],
  [{ limits: 'low' }, "Expected `limits` to be an object, got `'low'` (string)"],
  [
    { limits: { walltime: 0 } },
    'Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got 0',
  ],
  [
    { limits: { walltime: '2 moons' } },
    'Invalid limits: walltime: expected a duration above 0: milliseconds, text such as "1.5s", or "unlimited", got "2 moons"',
  ],
  [
    { limits: { memory: -1 } },
    'Invalid limits: memory: expected a size above 0: a whole number of bytes, text such as "64MiB", or "unlimited", got -1',
  ],
  [
    { limits: { processes: '16' } },
    'Invalid limits: processes: expected a whole number from 1 to 2147483647, or "unlimited", got "16"',
  ],
  [{ limits: { waltime: 1 } }, 'Invalid limits: unknown limit "waltime"; did you mean "walltime"?'],
  [{ env: { LANG: 1 } }, 'Expected `env.LANG` to be a string, got `1` (number)'],
  [{ env: { 'A=B': '' } }, 'Expected `env key` to be a name without "=", got `\'A=B\'` (string)'],
]

const wrongForQueues: readonly (readonly [unknown, string])[] = [
  [
    { concurrency: 0 },
    'Expected `concurrency` to be a whole number from 1 and up, got `0` (number)',
  ],
  [
    { concurrency: 1.5 },
    'Expected `concurrency` to be a whole number from 1 and up, got `1.5` (number)',
  ],
  [{ warm: 33 }, 'Expected `warm` to be a whole number from 0 to 32, got `33` (number)'],
  [{ warm: '1' }, "Expected `warm` to be a whole number from 0 to 32, got `'1'` (string)"],
]

const errorOf = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a wrong option is refused in the same words', () => {
  test.each(takers)('by %s', (taker) => {
    for (const [options, message] of wrong) {
      const error = errorOf(() => checkOptions(options, taker))
      expect(error).toBeInstanceOf(SandboxError)
      expect(error).toMatchObject({
        code: 'OPTION_INVALID',
        message: `${message}\n  see: docs/errors.md#option_invalid`,
      })
    }
  })

  test.each([
    ['createSandbox', (options: unknown) => createSandbox(options as SandboxConfig)],
    ['the plugin', (options: unknown) => gradebox(options as SandboxConfig)],
  ])('at once by %s', (_, take) => {
    for (const [options, message] of [...wrong, ...wrongForQueues]) {
      const error = errorOf(() => take(options))
      expect(error).toBeInstanceOf(SandboxError)
      expect(error).toMatchObject({
        code: 'OPTION_INVALID',
        message: `${message}\n  see: docs/errors.md#option_invalid`,
      })
    }
  })

  test('for a policy that cannot be used, by its name or its content', () => {
    for (const take of [createSandbox, gradebox]) {
      expect(errorOf(() => take({ policy: 'pyhton' }))).toMatchObject({ code: 'POLICY_INVALID' })
      const policy = { network: 'off' as 'none' }
      expect(errorOf(() => take({ policy }))).toMatchObject({
        code: 'POLICY_INVALID',
        message: expect.stringContaining('network: unknown value "off"'),
      })
    }
  })
})

test('each function lists the options that it takes', () => {
  const hintOf = (taker: (typeof takers)[number]) =>
    (errorOf(() => checkOptions({ unheardOf: 1 }, taker)) as SandboxError).hint
  expect(takers.map(hintOf)).toEqual([
    'The options are policy, workdir, files, mounts, env, cwd, stdin, stdout, stderr, encoding, limits, collect, followLinks, exclusive, terminal, retryWhenStarved, isolation, signal.',
    'The options are policy, workdir, files, mounts, env, cwd, stdin, stdout, stderr, encoding, limits, collect, followLinks, exclusive, terminal, retryWhenStarved, isolation, signal, concurrency, warm.',
    'The options are policy, limits, env, concurrency, warm, isolation.',
  ])
})
