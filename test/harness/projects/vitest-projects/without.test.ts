import { expect, test } from 'vitest'

test('a project that has no plugin is left alone', () => {
  expect('toSucceed' in expect(1)).toBe(false)
  expect(expect.getState()).toMatchObject({ environment: 'node' })
})
