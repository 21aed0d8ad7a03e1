import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

// No test awaits this run.
sandboxed('sleep', ['60'])
const compiled = await sandboxed('echo', ['compiled'])

test('the report has the runs of the file’s loading', () => {
  expect(compiled).toHaveStdout('compiled\n')
})
