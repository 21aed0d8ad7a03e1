import { expect, test } from 'vitest'
import { hostPathTrouble } from '../../../../src/runner/io/host-file.ts'

const option = { path: '/srv/alice', followLinks: false }
const failed = (code: string) => Object.assign(new Error(code), { code })

test('a path that is missing or closed has its reason in words', () => {
  expect(hostPathTrouble(failed('ENOENT'), option)).toEqual({ why: 'does not exist' })
  expect(hostPathTrouble(failed('EACCES'), option)).toEqual({ why: 'cannot be read by this user' })
})

test('any other error has its name and its meaning', () => {
  expect(hostPathTrouble(failed('EIO'), option)).toEqual({ why: 'cannot be used: EIO: i/o error' })
  expect(hostPathTrouble(failed('ENAMETOOLONG'), option)).toEqual({
    why: 'cannot be used: ENAMETOOLONG: name too long',
  })
})

test('a machine that refuses openat2(2) is the reason, and the hint says what to allow', () => {
  expect(hostPathTrouble(failed('ENOSYS'), option)).toEqual({
    why: 'cannot be opened: openat2(2): ENOSYS: function not implemented',
    hint: 'Gradebox needs this system call (Linux 5.6) to open a path without following links. A sandbox or container around the tests refuses it: let its filter allow openat2, or run the tests outside.',
  })
})
