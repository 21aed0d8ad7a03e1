import { constants } from 'node:os'
import { describe, expect, test } from 'vitest'
import { ErrnoError, errnoName, errnoText } from '../../../src/linux/errno.ts'

describe('an error number', () => {
  test.each([
    [1, 'EPERM', 'operation not permitted'],
    [2, 'ENOENT', 'no such file or directory'],
    [11, 'EAGAIN', 'resource temporarily unavailable'],
    [13, 'EACCES', 'permission denied'],
    [28, 'ENOSPC', 'no space left on device'],
    [95, 'ENOTSUP', 'operation not supported on socket'],
    [26, 'ETXTBSY', 'text file is busy'],
  ])('%d has a name and words: %s, %s', (errno, name, words) => {
    expect(errnoName(errno)).toBe(name)
    expect(errnoText(errno)).toBe(words)
  })

  test('without a name in Node still has a name', () => {
    expect([15, 126, 132].map(errnoName)).toEqual(['ENOTBLK', 'ENOKEY', 'ERFKILL'])
  })

  test('that is unknown is printed as its number', () => {
    expect(errnoName(4000)).toBe('errno 4000')
    expect(errnoText(4000)).toBe('error number 4000')
  })

  test('has the name that Node has, except for two', () => {
    const second = ['EWOULDBLOCK', 'EOPNOTSUPP']
    for (const [name, errno] of Object.entries(constants.errno)) {
      if (!second.includes(name)) expect(errnoName(errno)).toBe(name)
    }
  })
})

const withoutWords = Object.entries(constants.errno)
  .filter(([, errno]) => errnoText(errno).startsWith('error number'))
  .map(([name]) => name)

test('every error number that Node names has words, except for some that no step can return', () => {
  expect(['EDOM', 'EINPROGRESS', 'ENETRESET']).toEqual(expect.arrayContaining(withoutWords))
})

test.each([
  [8, 'ENOEXEC', 'exec format error'],
  [10, 'ECHILD', 'no child processes'],
  [35, 'EDEADLK', 'resource deadlock avoided'],
  [122, 'EDQUOT', 'disk quota exceeded'],
  [126, 'ENOKEY', 'required key not available'],
])('%d, which Node’s table lacks, has the words of strerror(3): %s, %s', (errno, name, text) => {
  expect([errnoName(errno), errnoText(errno)]).toEqual([name, text])
})

describe('an error of the C library', () => {
  test('contains the call, its arguments and the cause', () => {
    const error = new ErrnoError('kill', 3, '4321, 9')
    expect(error).toMatchObject({ name: 'ErrnoError', code: 'ESRCH', errno: 3, syscall: 'kill' })
    expect(error.message).toBe('kill(4321, 9): ESRCH: no such process')
    expect(new ErrnoError('pipe2', 24).message).toBe('pipe2(): EMFILE: too many open files')
  })
})
