import { expect, test } from 'vitest'
import { mergeOptions, provided } from '../../../src/environment/provided.ts'

test('a policy that is a relative path or a URL reaches the workers as an absolute path', () => {
  expect(provided({ policy: './policies/a.toml' }, '/project')).toEqual({
    policy: '/project/policies/a.toml',
  })
  expect(provided({ policy: new URL('file:///a%20b.toml') }, '/project')).toMatchObject({
    policy: '/a b.toml',
  })
})

test('a shipped name, an absolute path and an object reach the workers unchanged', () => {
  for (const policy of ['python', '/etc/policy.toml', { extends: 'strict' }]) {
    expect(provided({ policy }, '/project')).toMatchObject({ policy })
  }
})

test('options are merged over earlier ones, limits and variables name by name', () => {
  const base = { policy: 'python', limits: { walltime: '2s', memory: '64MiB' }, env: { A: '1' } }
  expect(mergeOptions(base, { limits: { memory: '1GiB' }, concurrency: 2 })).toEqual({
    policy: 'python',
    limits: { walltime: '2s', memory: '1GiB' },
    env: { A: '1' },
    concurrency: 2,
  })
  expect(mergeOptions({}, base)).toEqual(base)
})
