import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { isSandboxError } from '../../../src/errors/sandbox-error.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'
import { shippedPolicies, shippedPolicyPath } from '../../../src/policy/shipped.ts'

/** Passes when a call returns, or throws the one error that users are promised. */
function isKept(call: () => unknown): boolean {
  try {
    call()
    return true
  } catch (error) {
    if (isSandboxError(error) && error.code === 'POLICY_INVALID') return true
    throw error
  }
}

// Base policies for policies that extend another one, in addition to the shipped policies.
const path = shippedPolicyPath('strict') ?? ''
const parse = (text: string) => parsePolicy(text, { name: 'fuzzed', path })

const texts = shippedPolicies().map((name): string =>
  readFileSync(shippedPolicyPath(name) ?? '', 'utf8'),
)

/** A shipped policy with some bytes cut out, doubled or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), fc.string()), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((result, [where, length, insert]) => {
      const start = Math.floor(where * result.length)
      return result.slice(0, start) + insert + result.slice(start + length)
    }, text),
  )

const keys = [
  ...['uid', 'gid', 'hostname', 'network', 'proc', 'mounts', 'files', 'env', 'limits', 'seccomp'],
  ...['extends', 'share_net', 'share_uts', 'description', 'source', 'target', 'contents', 'fstype'],
  ...['rw', 'optional', 'size', 'memory', 'walltime', 'processes', 'default', 'rules', 'action'],
  ...['syscalls', 'conditions', 'arg', 'op', 'value', 'mask', '__proto__', 'constructor', ''],
]
const words = [
  'strict',
  '/usr',
  'kill',
  'allow',
  'errno:EPERM',
  '@io',
  'read',
  '1s',
  '64MiB',
  'none',
]

/** Objects that have a policy's own words at arbitrary places, mixed with arbitrary values. */
const objects = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...words),
    fc.string(),
    fc.double(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -1, 2 ** 53, Number.NaN),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 }),
})).object

describe('any policy is read or refused as POLICY_INVALID,', () => {
  test('as a random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) =>
        isKept(() => parse(text)),
      ),
    )
  })

  test('as a damaged shipped policy', () => {
    fc.assert(
      fc.property(mutated, (text) => isKept(() => parse(text))),
      { numRuns: 300 },
    )
  })

  test('as a random object', () => {
    fc.assert(
      fc.property(objects, (object) => isKept(() => loadPolicy(object as object))),
      {
        numRuns: 1000,
      },
    )
  })
})
