import fc from 'fast-check'
import { describe, test } from 'vitest'
import { isSandboxError } from '../../../src/errors/sandbox-error.ts'
import { normalizeOptions } from '../../../src/runner/options/normalize.ts'
import type { SandboxOptions } from '../../../src/runner/options/sandbox-options.ts'

const words = [
  '/work',
  'strict',
  'kiss',
  'pipe',
  'inherit',
  'utf8',
  '1s',
  '64MiB',
  '../x',
  '/work/x',
  '',
]

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...words),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, Symbol('x'), () => 1, 1n, new Date(), new Uint8Array(3)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('walltime', 'memory', 'source', 'mode', 'target', 'PATH', '/work/x', 'a=b'),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
})).value

const names = [
  ...['policy', 'workdir', 'files', 'mounts', 'env', 'cwd', 'stdin', 'stdout', 'stderr'],
  ...['encoding', 'limits', 'collect', 'signal', 'unknown'],
]
const options = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 })

describe('a call with any arguments is accepted or refused by a SandboxError', () => {
  const isKept = (command: unknown, args: unknown, own: unknown): boolean => {
    try {
      normalizeOptions(command as string, args as string[], own as SandboxOptions, {})
      return true
    } catch (error) {
      if (isSandboxError(error)) return true
      throw error
    }
  }

  test('by its options', () => {
    fc.assert(
      fc.property(options, (own) => isKept('true', [], own)),
      { numRuns: 3000 },
    )
  })

  test('by its command and arguments', () => {
    fc.assert(
      fc.property(value, fc.oneof(value, fc.array(value)), (command, args) =>
        isKept(command, args, {}),
      ),
      { numRuns: 1000 },
    )
  })
})
