import { expect, test } from 'vitest'
import { checkOptions } from '../../../src/environment/options.ts'
import gradebox from '../../../src/environment/vitest/plugin.ts'

test('options that fit are taken', () => {
  const limits = { walltime: '1.5s', cpu: 1000, memory: '64MiB', processes: 16 }
  checkOptions({ policy: 'python', limits, env: { LANG: 'C' }, concurrency: 2 })
  checkOptions({ policy: new URL('file:///policy.toml'), limits: undefined })
  checkOptions({ policy: { extends: 'strict' } })
})

test.each([
  [3, 'gradebox: Expected `options` to be an object, got `3` (number)'],
  [
    { limit: {} },
    'gradebox: `limit` is no option; there are policy, limits, env, concurrency, warm',
  ],
  [
    { policy: 3 },
    "gradebox: Expected `policy` to be a shipped policy's name, a path, a URL or an object, got `3` (number)",
  ],
  [
    { limits: { walltime: '2 moons' } },
    'gradebox: `limits.walltime`: Expected a duration such as "1.5s", "200ms" or "2min", got "2 moons"',
  ],
  [
    { limits: { memory: -1 } },
    'gradebox: `limits.memory`: Expected a whole number of bytes, 0 or more, got -1',
  ],
  [
    { limits: { processes: '16' } },
    'gradebox: Expected `limits.processes` to be a whole number from 1 and up, got `16` (string)',
  ],
  [
    { limits: { toString: 1 } },
    'gradebox: `limits.toString` is no limit; there are walltime, cpu, memory, output, fileSize, disk, stack, addressSpace, core, processes, openFiles',
  ],
  [{ env: { LANG: 1 } }, 'gradebox: Expected `env.LANG` to be text, got `1` (number)'],
  [
    { env: { 'A=B': '' } },
    'gradebox: Expected `env.A=B` to be named without "=", got `A=B` (string)',
  ],
  [
    { concurrency: 0 },
    'gradebox: Expected `concurrency` to be a whole number from 1 and up, got `0` (number)',
  ],
])('%j is refused', (options, message) => {
  expect(() => checkOptions(options)).toThrow(new TypeError(message))
})

test('the plugin refuses wrong options at once', () => {
  expect(() => gradebox({ concurrency: 1.5 })).toThrow(TypeError)
})
