import { expect, test } from 'vitest'
import { writeHtml } from '../../../../src/grading/writers/html/write-html.ts'
import { declared, ended, report, submission } from '../report/sample.ts'

const tests = [declared(1, { name: 'sum', weight: 1 })]
const [sum] = tests as [(typeof tests)[0]]

const ada = 'Ada Lovelace of ada-l@example.org, number 104211, wrote /srv/hw/ada-l/main.py'

const sample = report(tests, [
  submission('ada-l', [ended(sum, 1, { staffMessage: ada, studentMessage: ada })], {
    people: [{ id: '104211', name: 'Ada Lovelace', email: 'ada-l@example.org' }],
    source: '/srv/hw/ada-l',
    files: [{ path: 'lovelace_Lovelace.py', bytes: 9, sha256: 'ab', text: `# ${ada}` }],
  }),
  // One id is also a word of Gradebox. Another id is too short to distinguish it from output.
  submission('passed', [ended(sum, 1, { staffMessage: 'like Ada’s; 7 of 7' })]),
  submission('7', [ended(sum, 1)]),
])

/** The data in the page. */
const dataOf = (html: string) => {
  const [, json = ''] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html) ?? []
  return JSON.parse(json)
}

test('an anonymous page has no name, id, address or path of a student, also not in messages and programs', () => {
  const options = { environment: {}, anonymous: true }
  const html = String(writeHtml(sample, options))
  expect(html).not.toMatch(/ada-l|Ada|Lovelace|104211|example\.org|srv/)
  const { submissions } = dataOf(html)
  expect(submissions.map(({ label }: { label: string }) => label)).toEqual([
    'submission 1',
    'submission 2',
    'submission 3',
  ])
  const [, { staff }, other] = submissions
  expect(staff.tests[0]).toMatchObject({
    status: 'passed',
    staffMessage: '[student] of [student], number [student], wrote [student]/main.py',
  })
  expect(other.staff.tests[0]).toMatchObject({
    status: 'passed',
    staffMessage: 'like [student]’s; 7 of 7',
  })
})
