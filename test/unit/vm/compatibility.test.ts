import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRecord } from '../../vm/record/record.ts'
import { compatibilityPage } from '../../vm/record/table.ts'
import { featureNames } from '../../vm/settings/features.ts'
import { surprises } from '../../vm/settings/judge.ts'
import { usersOf } from '../../vm/settings/setting.ts'
import { settings } from '../../vm/settings/settings.ts'

const record = readRecord()

test('docs/compatibility.md matches the recorded results', () => {
  const page = readFileSync(resolve('docs/compatibility.md'), 'utf8')
  expect(page).toBe(compatibilityPage(record))
})

test('the record has every setting for every user that it is tried with, and no other', () => {
  const wanted = settings.flatMap((setting) =>
    usersOf(setting).map((user) => `${setting.kernel}, ${setting.name}, ${user}`),
  )
  const recorded = record.map(({ kernel, setting, user }) => `${kernel}, ${setting}, ${user}`)
  expect(recorded.sort()).toEqual(wanted.sort())
})

describe.each(settings)('the record of Linux $kernel, $name,', (setting) => {
  test.each(usersOf(setting))('matches the expectation, for %s', (user) => {
    const { kernel, name } = setting
    const found = record.find(
      (each) => each.kernel === kernel && each.setting === name && each.user === user,
    )
    expect(Object.keys(found?.outcomes ?? {})).toEqual(featureNames)
    expect(found && surprises(setting, user, found.outcomes)).toEqual([])
  })
})

test('a weaker setting, an enforcement and an error stay distinct', () => {
  const [first] = record
  if (first === undefined) throw new Error('nothing is recorded')
  const outcomes = {
    ...first.outcomes,
    start: 'throws NAMESPACES_UNAVAILABLE: no',
    filter: 'works, but',
    cpu: 'works, held by cgroup',
  }
  const page = compatibilityPage([{ ...first, outcomes }])
  expect(page).toContain('| ✗ 1 | ✓ | ◐ 2 | ✓ | ✓ cgroup |')
  expect(page).toContain('1. throws NAMESPACES_UNAVAILABLE: no\n2. works, but\n')
})
