import { expect, test } from 'vitest'
import { SandboxError } from '../../../../src/errors/sandbox-error.ts'
import { idSpace } from '../../../../src/runner/confined/machine-confinement.ts'

const WHOLE = '0 0 4294967295\n'

test('runs get ids far from users’ where all ids are mapped', () => {
  expect(idSpace(WHOLE, WHOLE)).toEqual({ first: 0x4000_0000, pairs: 0x2000_0000 })
})

test('runs get ids below nobody’s in a container with 65,536 ids', () => {
  const { first, pairs } = idSpace('0 200000 65536\n', '0 200000 65536\n')
  expect(first % 2).toBe(0)
  expect(first).toBeGreaterThan(50_000)
  expect(first + 2 * pairs).toBeLessThan(65_534)
})

test.each([
  ['one id', '0 1000 1\n', '0 1000 1\n'],
  ['few groups', WHOLE, '0 1000 100\n'],
])('%s are too few ids to give each program a user', (_, uids, gids) => {
  expect(() => idSpace(uids, gids)).toThrow(SandboxError)
  expect(() => idSpace(uids, gids)).toThrow(
    'has too few ids to give each program a user of its own',
  )
})
