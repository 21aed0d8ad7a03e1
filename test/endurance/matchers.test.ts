import { describe, test } from 'vitest'
import { assertions, expectLinear, shapes } from '../unit/matchers/growth.ts'

describe.each(Object.entries(assertions))('%s of 16 MB', (_, assertion) => {
  test.each(Object.entries(shapes))(
    'takes time that grows no faster than the output: %s',
    (__, shape) => {
      // 25,000 times 8, three times, is 12.8 million; the test tries up to twice that.
      expectLinear(assertion, shape, 25_600_000)
    },
    600_000,
  )
})
