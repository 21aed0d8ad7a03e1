import Handlebars from 'handlebars'
import { visibleLine } from '../../units/visible.ts'
import { formatPoints } from '../report/points.ts'
import type { ReportSubmission, ReportTest } from '../report/report-schema.ts'
import { shownMessage, shownName } from './student-view.ts'
import type { ReportWriter } from './writer.ts'
import { type WriterTexts, writerTexts } from './writer-texts.ts'

// Handlebars escapes every value for HTML. The same escapes are correct in XML.
const template = Handlebars.compile(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="{{name}}" tests="{{tests}}" failures="{{failures}}" errors="{{errors}}" time="{{time}}">
{{#each suites}}
  <testsuite name="{{name}}" tests="{{tests}}" failures="{{failures}}" errors="{{errors}}" skipped="0" time="{{time}}" timestamp="{{timestamp}}">
    <properties>
{{#each properties}}
      <property name="{{name}}" value="{{value}}"/>
{{/each}}
    </properties>
{{#each cases}}
    <testcase name="{{name}}" classname="{{classname}}" time="{{time}}">
      <properties>
{{#each properties}}
        <property name="{{name}}" value="{{value}}"/>
{{/each}}
      </properties>
{{#if failure}}
      <failure message="{{failure.message}}" type="{{failure.type}}">{{failure.text}}</failure>
{{/if}}
{{#if error}}
      <error message="{{error.message}}" type="{{error.type}}">{{error.text}}</error>
{{/if}}
    </testcase>
{{/each}}
  </testsuite>
{{/each}}
</testsuites>
`)

/**
 * JUnit XML in the form that CI systems and CodeGrade read: a suite per submission, with points as properties. The names
 * and messages contain only text that students may read, because CodeGrade shows both.
 */
export const writeJUnit: ReportWriter = ({ assignment, submissions, startedAt }, { language }) => {
  const timestamp = startedAt.slice(0, 19)
  const texts = writerTexts(language ?? assignment.language)
  const suites = submissions.map((submission) => ({
    ...toSuite(submission, assignment.name, texts),
    timestamp,
  }))
  const sum = (field: 'tests' | 'failures' | 'errors') =>
    suites.reduce((total, suite) => total + suite[field], 0)
  return template({
    name: xmlText(assignment.name),
    tests: sum('tests'),
    failures: sum('failures'),
    errors: sum('errors'),
    time: secondsOf(submissions.flatMap(({ tests }) => tests)),
    suites,
  })
}

function toSuite(submission: ReportSubmission, assignment: string, texts: WriterTexts) {
  const { id, tests, points, maxPoints, gradable } = submission
  return {
    name: xmlText(id),
    tests: tests.length,
    failures: tests.filter(isFailure).length,
    errors: tests.filter(({ status }) => status === 'error').length,
    time: secondsOf(tests),
    properties: [
      ...(gradable ? [{ name: 'points', value: formatPoints(points) }] : []),
      { name: 'max_points', value: formatPoints(maxPoints) },
      { name: 'gradable', value: String(gradable) },
    ],
    cases: tests.map((test) => toCase(test, `${xmlText(assignment)}.${xmlText(id)}`, texts)),
  }
}

function toCase(test: ReportTest, classname: string, texts: WriterTexts) {
  const text = shownMessage(test)
  const trouble = { message: text.split('\n')[0] ?? '', type: test.status, text }
  return {
    name: shownName(test, texts),
    classname,
    time: secondsOf([test]),
    properties: [
      { name: 'points', value: formatPoints(test.points) },
      { name: 'max_points', value: formatPoints(test.maxPoints) },
      { name: 'visibility', value: test.visibility },
    ],
    failure: isFailure(test) ? trouble : undefined,
    error: test.status === 'error' ? trouble : undefined,
  }
}

const isFailure = ({ status }: ReportTest) =>
  status === 'failed' || status === 'partial' || status === 'blocked'

// XML attributes lose line ends, and XML 1.0 forbids most control characters. visibleLine() escapes both.
const xmlText = visibleLine

const secondsOf = (tests: readonly ReportTest[]) =>
  (tests.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000).toFixed(3)
