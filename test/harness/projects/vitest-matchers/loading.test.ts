import { sandboxed } from 'gradebox'
import { expect, test } from 'vitest'

// Nobody awaits it.
sandboxed('sleep', ['60'])
const compiled = await sandboxed('echo', ['compiled'])

test('what was run while the file was loaded is there', () => {
  expect(compiled).toHaveStdout('compiled\n')
})
