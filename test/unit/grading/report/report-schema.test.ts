import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reportJsonSchema } from '../../../../scripts/json-schemas.mjs'
import { parseReport } from '../../../../src/grading/report/read-report.ts'
import { reportSchema } from '../../../../src/grading/report/report-schema.ts'
import { declared, ended, report, submission } from './sample.ts'

const shipped = new URL('../../../../gradebox-report.schema.json', import.meta.url)
const sample = report([declared(1)], [submission('ada', [ended(declared(1), 1)])])

test('gradebox-report.schema.json is generated from the schema: to update it, run npm run report-schema', () => {
  const schema = JSON.parse(JSON.stringify(reportJsonSchema(reportSchema)))
  expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(schema)
})

test('a report that Gradebox wrote can be read', () => {
  expect(parseReport(JSON.parse(JSON.stringify(sample)), 'r.json')).toEqual(sample)
})

test('a value that is not a report is refused with the place of the fault', () => {
  const wrong = { ...sample, submissions: [{ ...sample.submissions[0], points: 'many' }] }
  expect(() => parseReport(wrong, 'r.json')).toThrow(
    'r.json is not a report that Gradebox can read: submissions.0.points: Invalid type: Expected number but received "many"\n' +
      '  hint: A report is the JSON of the format gradebox/report/v1 that grading writes.',
  )
  expect(() => parseReport({ ...sample, format: 'v9' }, 'r.json')).toThrow('r.json is not a report')
})
