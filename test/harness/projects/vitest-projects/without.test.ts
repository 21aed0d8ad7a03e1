import { expect, test } from 'vitest'

test('a project without the plugin is not changed', () => {
  expect('toSucceed' in expect(1)).toBe(false)
  expect(expect.getState()).toMatchObject({ environment: 'node' })
})
