import { expect, test } from 'vitest'

test('the project keeps the environment that it chose, and has the matchers', () => {
  expect(expect.getState()).toMatchObject({ environment: 'own' })
  expect(expect.toSucceed).toBeTypeOf('function')
})
