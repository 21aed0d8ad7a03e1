import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  chosenShard,
  parseShard,
  selectSubmissions,
} from '../../../../src/grading/submissions/select.ts'

const ids = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `s${index}` }))
const selected = (...args: Parameters<typeof selectSubmissions>) =>
  selectSubmissions(...args).map(({ id }) => id)

afterEach(() => vi.unstubAllEnvs())

describe('globs of ids', () => {
  const found = ['ada', 'bob', 'bobby', '[odd] name', '.hidden', 'a,b'].map((id) => ({ id }))

  test.each([
    ['ada', ['ada']],
    ['bob*', ['bob', 'bobby']],
    ['ada,bob', ['ada', 'bob']],
    // An id also matches itself, whatever it means as a glob.
    ['[odd] name', ['[odd] name']],
    ['*', ['ada', 'bob', 'bobby', '[odd] name', '.hidden', 'a,b']],
    ['', ['ada', 'bob', 'bobby', '[odd] name', '.hidden', 'a,b']],
    ['bob,,ada,', ['ada', 'bob']],
  ])('%j selects %j', (only, expected) => {
    expect(selected(found, only, undefined)).toEqual(expected)
  })

  test('that match nothing are refused, with an id that exists', () => {
    expect(() => selected(found, 'zed', undefined)).toThrow(
      'No submission matches "zed"\n  hint: There are 6, such as "ada".',
    )
  })

  test('select nothing when there are no submissions', () => {
    expect(selected([], 'zed', undefined)).toEqual([])
  })
})

describe('shards', () => {
  test.each([
    [1, 1],
    [5, 2],
    [7, 3],
    [300, 8],
    [5, 5],
  ])(
    '%d submissions in %d shards: each is in one, and sizes differ by at most one',
    (size, count) => {
      const shards = Array.from({ length: count }, (_, index) =>
        selected(ids(size), '', { index: index + 1, count }),
      )
      expect(shards.flat().sort()).toEqual(
        ids(size)
          .map(({ id }) => id)
          .sort(),
      )
      const sizes = shards.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    },
  )

  test.each([
    [1, '1 submission', 'Use at most 1 shard.'],
    [4, '4 submissions', 'Use at most 4 shards.'],
  ])(
    'are refused when there are more than %d, which would leave a shard empty',
    (size, text, hint) => {
      for (const index of [1, 5]) {
        expect(() => selected(ids(size), '', { index, count: 5 })).toThrow(
          `There are 5 shards for ${text}\n  hint: ${hint}`,
        )
      }
    },
  )

  test('do not depend on the order in which a file system lists the submissions', () => {
    const shard = { index: 1, count: 3 }
    const reversed = selected(ids(20).toReversed(), '', shard)
    expect(reversed.toReversed()).toEqual(selected(ids(20), '', shard))
  })

  test('are parts of the submissions that --only selects', () => {
    const shards = [1, 2].map((index) => selected(ids(20), 's1*', { index, count: 2 }))
    expect(shards.flat()).toHaveLength(11)
  })

  test.each(['', '0/2', '3/2', '1', '1/2/3', '-1/2', '1.5/2', ' 1/2', '1/0', '1/9999999'])(
    '%j is not a shard',
    (text) => {
      expect(() => parseShard(text)).toThrow(
        `Expected a shard such as \`2/4\`, got ${JSON.stringify(text)}\n  hint: The first number is from 1 to the second number.`,
      )
    },
  )

  test('come from the environment, where `gradebox grade` sets them', () => {
    expect(chosenShard('')).toBeUndefined()
    vi.stubEnv('GRADEBOX_SHARD', '2/4')
    expect(chosenShard()).toEqual({ index: 2, count: 4 })
  })
})
