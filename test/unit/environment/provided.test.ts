import { expect, test } from 'vitest'
import { provided } from '../../../src/environment/provided.ts'

test('a policy that is a relative path or a URL reaches the workers as an absolute path', () => {
  expect(provided({ policy: './policies/a.toml' }, '/project', 2)).toEqual({
    policy: '/project/policies/a.toml',
    workers: 2,
  })
  expect(provided({ policy: new URL('file:///a%20b.toml') }, '/project', 2)).toMatchObject({
    policy: '/a b.toml',
  })
})

test('a shipped name, an absolute path and an object stay as they are', () => {
  for (const policy of ['python', '/etc/policy.toml', { extends: 'strict' }]) {
    expect(provided({ policy }, '/project', 1)).toMatchObject({ policy })
  }
})
