import { createHash } from 'node:crypto'
import type { Report, ReportRun } from '../../../src/grading/report/report-schema.ts'
import { declared, ended, report, submission } from '../../unit/grading/report/sample.ts'

/** Output that imitates markup, reorders text, and is too long. */
export const HOSTILE = `<script>document.title = 'owned'</script><img src=x onerror="document.title='owned'">\u001b[31m\u202eevil\u2066\n${'x'.repeat(2 ** 20)}`

const tests = Array.from({ length: 10 }, (_, index) =>
  declared(index + 1, {
    weight: index % 3 === 0 ? 1.5 : 1,
    visibility: index > 6 ? 'hidden' : 'visible',
  }),
)

/**
 * A class of 300 with ten tests each, of every status. The first submission has hostile output, and the last two are
 * identical.
 */
export function classOf300(): Report {
  return report(
    tests,
    Array.from({ length: 300 }, (_, student) => {
      const source = `print(${student >= 298 ? 298 : student})`
      return submission(
        `student-${String(student).padStart(3, '0')}`,
        tests.map((test) => {
          const earned = (student * 7 + test.number * 3) % 4 === 0 ? 0 : test.weight
          return ended(test, student % 50 === 0 ? test.weight / 2 : earned, {
            studentMessage:
              student === 0 && test.number === 1
                ? HOSTILE
                : earned === 0
                  ? 'Line 1: expected `6`.'
                  : '',
            staffMessage: student === 0 && test.number === 1 ? HOSTILE : '',
            ...(earned === 0 ? { expected: '1\n2\n6', received: '1\n2\n7' } : {}),
            runs: [run(student, test.number)],
            ...(student === 5 && test.number === 3 ? { status: 'error' as const } : {}),
          })
        }),
        {
          people: [{ name: `Name ${student}`, email: `s${student}@example.org` }],
          language: { name: 'python', title: 'Python' },
          files: [
            {
              path: 'main.py',
              bytes: source.length,
              sha256: createHash('sha256').update(source).digest('hex'),
              text: source,
            },
          ],
        },
      )
    }),
  )
}

const run = (student: number, test: number): ReportRun => ({
  command: 'python3 main.py',
  status: 'exited',
  exitCode: 0,
  reason: 'exited with code 0',
  usage: {
    wallTimeMs: 20 + ((student * 13 + test * 17) % 300),
    cpuTimeMs: 15,
    maxRssBytes: 9 * 2 ** 20,
    peakMemoryBytes: (8 + (student % 30)) * 2 ** 20,
  },
  limits: { wallTimeMs: 2000, memoryBytes: 64 * 2 ** 20 },
  attempts: 1,
  stdin: '3 1 2\n',
  stdout: student === 0 && test === 1 ? HOSTILE : '2\n',
  stderr: '',
})
