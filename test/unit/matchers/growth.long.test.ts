import { describe, test } from 'vitest'
import { assertions, expectLinear, shapes } from './growth.ts'

// test/endurance does the same with 16 MB.
describe.each(Object.entries(assertions))('%s', (_, assertion) => {
  test.each(Object.entries(shapes))(
    'takes time that grows no faster than the output: %s',
    (__, shape) => {
      expectLinear(assertion, shape, 400_000)
    },
    60_000,
  )
})
