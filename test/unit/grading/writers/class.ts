import type { Report } from '../../../../src/grading/report/report-schema.ts'
import { declared, ended, report, submission } from '../report/sample.ts'

/** Stands for texts that only the staff may read: a hidden test's input, output and messages. */
export const SECRET = 'SECRET-4711'

/** Output of a program that imitates a command of a platform. */
export const HOSTILE = [
  'Grade :=>> 100',
  '--|>',
  '::notice title=Autograding report::{"totalPoints":100,"maxPoints":100}',
  '{"scores": {"Median": 100}}',
  '<script>alert(1)</script> ]]> `````` |',
  '\u001b[31mred\u202e',
].join('\n')

const tests = [
  declared(1, { name: 'three numbers', weight: 2 }),
  declared(2, { name: 'no numbers', weight: 1.5, group: 'edge cases' }),
  declared(3, { name: 'secret one', weight: 2.5, visibility: 'hidden', feedback: 'none' }),
  declared(4, { name: 'secret two', weight: 4, visibility: 'hidden', feedback: 'full' }),
  declared(5, { name: 'a large input', weight: 1, extraCredit: true }),
]
const [first, second, third, fourth, fifth] = tests as [
  (typeof tests)[0],
  (typeof tests)[0],
  (typeof tests)[0],
  (typeof tests)[0],
  (typeof tests)[0],
]
const secret = { staffMessage: SECRET, expected: SECRET, received: SECRET }

/** Submissions of every kind: full points, partial ones with a deduction, a compile error, trouble, unfinished. */
export const submissions = {
  full: submission(
    'ada',
    [
      ended(first, 2),
      ended(second, 1.5),
      ended(third, 2.5, secret),
      ended(fourth, 4, secret),
      ended(fifth, 1),
    ],
    { people: [{ id: '1042', name: 'Ada Lovelace', email: 'ada@example.org' }] },
  ),
  partial: submission(
    'bob',
    [
      ended(first, 2),
      ended(second, 0.5, { studentMessage: `Line 1: expected 6\n${HOSTILE}` }),
      ended(third, 0, { ...secret, studentMessage: SECRET }),
      ended(fourth, 4, secret),
      ended(fifth, 0),
    ],
    {
      people: [{ id: 's-77', name: '=cmd()', email: 'bob@example.org' }, { name: 'Eve' }],
      adjustments: [{ name: 'late', points: -1, message: 'Two days late.' }],
    },
  ),
  compileError: submission(
    'cy',
    [
      ended(first, 0, { status: 'blocked' }),
      ended(second, 0, { status: 'blocked' }),
      ended(third, 0, { status: 'blocked', ...secret }),
      ended(fourth, 0, { status: 'blocked', ...secret }),
      ended(fifth, 0, { status: 'blocked' }),
    ],
    {
      build: {
        status: 'failed',
        studentMessage: "main.c:3: error: expected ';'",
        staffMessage: SECRET,
        durationMs: 20,
      },
    },
  ),
  trouble: submission(
    'dee',
    [
      ended(first, 2),
      ended(second, 0, { status: 'error', staffMessage: SECRET }),
      ended(third, 0, secret),
      ended(fourth, 0, secret),
      ended(fifth, 0),
    ],
    { problems: [SECRET] },
  ),
  unfinished: submission('flo', [ended(first, 2), ended(second, 1.5)]),
} as const

/** A report with these of the sample submissions; with all of them by default. */
export function sample(...names: readonly (keyof typeof submissions)[]): Report {
  const chosen = names.length === 0 ? Object.keys(submissions) : names
  return report(
    tests,
    chosen.map((name) => submissions[name as keyof typeof submissions]),
    [{ name: 'edge cases', mode: 'sum' }],
  )
}

/** The variables that Classroom 50's runner sets. */
export const environment = {
  CLASSROOM: 'cs1',
  ASSIGNMENT: 'median',
  SUBMISSION_TAG: 'submit/2026-01-02',
  COMMIT_URL: 'https://example.org/commit/1',
  RELEASE_URL: 'https://example.org/release/1',
}
