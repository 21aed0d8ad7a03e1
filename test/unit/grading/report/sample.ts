import { finishReport } from '../../../../src/grading/report/merge-reports.ts'
import {
  REPORT_FORMAT,
  type Report,
  type ReportSubmission,
  type ReportTest,
} from '../../../../src/grading/report/report-schema.ts'
import {
  type DeclaredGroup,
  type DeclaredTest,
  planPoints,
} from '../../../../src/grading/report/score.ts'

/** A test as an assignment declares it: 1 point, visible, full feedback. */
export function declared(number: number, over: Partial<DeclaredTest> = {}): DeclaredTest {
  return {
    number,
    name: `test ${number}`,
    weight: 1,
    extraCredit: false,
    visibility: 'visible',
    feedback: 'full',
    ...over,
  }
}

/** A test that has ended, with its share of its weight. */
export function ended(
  test: DeclaredTest,
  earned: number,
  over: Partial<ReportTest> = {},
): ReportTest {
  const full = earned >= test.weight
  return {
    number: test.number,
    name: test.name,
    ...(test.group === undefined ? {} : { group: test.group }),
    points: 0,
    maxPoints: 0,
    extraCredit: test.extraCredit,
    earned,
    weight: test.weight,
    status: full ? 'passed' : earned > 0 ? 'partial' : 'failed',
    visibility: test.visibility,
    studentMessage: '',
    staffMessage: '',
    durationMs: 1,
    runs: [],
    attempts: [{ status: full ? 'passed' : 'failed', message: '' }],
    ...over,
  }
}

/** A submission with these tests, before it is scored. */
export function submission(
  id: string,
  tests: ReportTest[],
  over: Partial<ReportSubmission> = {},
): ReportSubmission {
  return {
    id,
    people: [{ name: id }],
    source: `submissions/${id}`,
    metadata: {},
    files: [],
    tests,
    adjustments: [],
    points: 0,
    maxPoints: 0,
    complete: false,
    gradable: false,
    problems: [],
    ...over,
  }
}

/** A scored report of these tests and submissions. */
export function report(
  tests: readonly DeclaredTest[],
  submissions: readonly ReportSubmission[],
  groups: readonly DeclaredGroup[] = [],
): Report {
  return finishReport({
    format: REPORT_FORMAT,
    gradebox: '0.1.0',
    startedAt: '2026-01-02T03:04:05.000Z',
    updatedAt: '2026-01-02T03:04:06.000Z',
    complete: false,
    assignment: { name: 'Median', ...planPoints(tests, groups) },
    machine: { os: 'Linux', kernel: '6.1', arch: 'x64', processors: 2, memoryBytes: 1024 },
    submissions: [...submissions],
  })
}
