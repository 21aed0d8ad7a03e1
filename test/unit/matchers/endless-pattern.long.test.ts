import { expect, test } from 'vitest'
import { fabricate, messageOf } from './fabricated.ts'

test('a pattern that would take for ever fails with a message', () => {
  const wrong = () => expect(fabricate({ stdout: `${'a'.repeat(50)}!` })).not.toHaveStdout(/(a+)+$/)
  expect(messageOf(wrong)).toContain(
    'Matcher error: The pattern /(a+)+$/ needed more than 10 s on this output; write it without nested or adjacent repetitions',
  )
}, 120_000)
