import { expect, test } from 'vitest'
import { dockerOrBundle } from './engines/engine.ts'
import { asResult } from './in-container.ts'
import { asUser, privileged } from './settings.ts'

const engine = dockerOrBundle()
const grade = (flags: readonly string[], level: string) =>
  asResult(engine?.run(flags, 'grade.mjs', level) ?? '')

test.skipIf(engine === undefined)(
  'the sample submissions get the same verdicts as with all namespaces',
  () => {
    const full = grade(privileged, 'full')
    expect(Object.keys(full).length).toBeGreaterThan(20)
    for (const flags of [[], asUser]) expect(grade(flags, 'confined')).toEqual(full)
  },
)
