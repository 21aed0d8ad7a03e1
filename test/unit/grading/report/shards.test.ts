import { expect, test } from 'vitest'
import type { Report } from '../../../../src/grading/report/report-schema.ts'
import { mergeShards } from '../../../../src/grading/report/shards.ts'
import { declared, ended, report, submission } from './sample.ts'

const one = declared(1)
const of = (id: string, index?: number, count = 2): Report => ({
  ...report([one], [submission(id, [ended(one, 1)])]),
  ...(index === undefined ? {} : { shard: { index, count } }),
})

test('all shards, in any order, become one report that is not a shard', () => {
  const shards = { 'one.json': of('ada', 1), 'two.json': of('bob', 2) }
  const merged = mergeShards(shards)
  expect(merged.submissions.map(({ id }) => id)).toEqual(['ada', 'bob'])
  expect(merged).not.toHaveProperty('shard')
  const reversed = { 'two.json': of('bob', 2), 'one.json': of('ada', 1) }
  expect(mergeShards(reversed)).toEqual(merged)
})

test('reports that are not shards are joined too', () => {
  const merged = mergeShards({ 'a.json': of('ada'), 'b.json': of('bob') })
  expect(merged.submissions).toHaveLength(2)
})

test.each<[string, Record<string, Report>, string]>([
  [
    'a missing shard',
    { 'a.json': of('ada', 1, 3), 'b.json': of('bob', 3, 3) },
    'shard 2/3 is missing',
  ],
  [
    'a shard that occurs twice',
    { 'a.json': of('ada', 1), 'b.json': of('bob', 2), 'c.json': of('cy', 2) },
    'b.json and c.json are both shard 2/2',
  ],
  [
    'shards of different splits',
    { 'a.json': of('ada', 1), 'b.json': of('bob', 2, 3) },
    'a.json is one of 2 shards, and b.json is one of 3',
  ],
  [
    'a report of the whole class among shards',
    { 'a.json': of('ada', 1), 'b.json': of('bob', 2), 'all.json': of('cy') },
    'all.json is not a shard, but the others are',
  ],
])('%s is refused by name', (_, reports, why) => {
  expect(() => mergeShards(reports)).toThrow(
    `The reports cannot be merged: ${why}\n  hint: Give the report of every shard, each once, from one version of one assignment.`,
  )
})
