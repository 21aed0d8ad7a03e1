import { expect, test } from 'vitest'
import { candidatesFor } from '../../../../src/runner/prepare/request-parts.ts'

test.each([
  ['./a.out', '/usr/bin', ['./a.out']],
  ['bin/tool', '/usr/bin', ['bin/tool']],
  ['/bin/sh', '/usr/bin', ['/bin/sh']],
])('a command with a slash is that path, whatever PATH is: %s', (command, path, expected) => {
  expect(candidatesFor(command, path)).toEqual(expected)
})

test('a command without a slash is looked up in PATH, in its order', () => {
  expect(candidatesFor('python3', '/opt/bin:/usr/bin')).toEqual([
    '/opt/bin/python3',
    '/usr/bin/python3',
  ])
})

test('without PATH it is looked up in the usual directories', () => {
  expect(candidatesFor('sh')).toEqual(['/usr/local/bin/sh', '/usr/bin/sh', '/bin/sh'])
})

test.each([
  ['', ['./a.out']],
  [':/bin', ['./a.out', '/bin/a.out']],
  ['/bin:', ['/bin/a.out', './a.out']],
])('an empty name in PATH is the working directory: %j', (path, expected) => {
  expect(candidatesFor('a.out', path)).toEqual(expected)
})
