import { expect, test } from 'vitest'
import { writeJson } from '../../../../src/grading/writers/json.ts'
import { printableJson } from '../../../../src/units/visible.ts'
import { declared, ended, report, submission } from '../report/sample.ts'

const plan = [declared(1), declared(2)]
const [first, second] = plan as [(typeof plan)[0], (typeof plan)[0]]

// Some tools read U+2028 as the end of a line.
const separators = 'line\nparagraph\u2028separator\u2029"quoted"'

const classReport = (count: number) =>
  report(
    plan,
    Array.from({ length: count }, (_, number) =>
      submission(`s${number}`, [ended(first, 1, { staffMessage: separators }), ended(second, 0)]),
    ),
  )

test.each([0, 1, 3])(
  'the report with %i submissions is the same text as that of printableJson()',
  (count) => {
    const whole = classReport(count)
    const text = `${printableJson(whole, 2)}\n`
    expect(writeJson(whole, {})).toBe(text)
    // The second time, the texts come from the cache.
    expect(writeJson(whole, {})).toBe(text)
  },
)

test('a submission that was replaced by another object is serialized again', () => {
  const before = classReport(2)
  writeJson(before, {})
  const after = {
    ...before,
    submissions: before.submissions.map((each) => ({ ...each, points: 0.5 })),
  }
  expect(JSON.parse(String(writeJson(after, {})))).toEqual(after)
})

test('a report with another last key is serialized as a whole', () => {
  const { submissions, ...rest } = classReport(2)
  const other = { submissions, ...rest }
  expect(writeJson(other, {})).toBe(`${printableJson(other, 2)}\n`)
})
