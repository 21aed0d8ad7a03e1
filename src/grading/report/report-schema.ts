import * as v from 'valibot'

/** The version of the report's format. It changes only when readers of the previous version would fail. */
export const REPORT_FORMAT = 'gradebox/report/v1'

export const visibilities = ['visible', 'after-due-date', 'after-published', 'hidden'] as const
const testStatuses = ['passed', 'partial', 'failed', 'error', 'blocked'] as const
export const groupModes = ['sum', 'all', 'min'] as const
export const feedbackModes = ['full', 'verdict', 'none'] as const

function about<Schema extends v.GenericSchema>(schema: Schema, text: string) {
  return v.pipe(schema, v.description(text))
}

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const measure = v.pipe(v.number(), v.minValue(0))
const points = v.number()
const time = v.pipe(v.string(), v.isoTimestamp())

const visibility = about(v.picklist(visibilities), 'The readers who see the test, and when.')
const feedback = about(
  v.picklist(feedbackModes),
  'How much the student reads about the test: everything, only whether it passed, or nothing.',
)

const testPlan = v.object({
  number: about(count, 'The place of the test in the assignment, from 1.'),
  name: text,
  group: v.optional(about(text, 'The name of the group that the test belongs to.')),
  weight: about(points, "The test's own points; in a group that has points, its share of them."),
  maxPoints: about(
    points,
    'The most that the test can add to the total, by the rule of its group.',
  ),
  extraCredit: about(v.boolean(), 'Whether the points count in addition to the maximum.'),
  visibility,
  feedback,
  hint: v.optional(about(text, 'The text that a student reads when the test fails.')),
})

const groupPlan = v.object({
  name: text,
  mode: about(
    v.picklist(groupModes),
    '`sum` adds the tests up; `all` gives points only if every test passes; `min` scales all by the worst test.',
  ),
  maxPoints: points,
})

const usage = v.object({
  wallTimeMs: measure,
  cpuTimeMs: measure,
  maxRssBytes: about(measure, 'The peak resident memory of one process.'),
  peakMemoryBytes: about(measure, 'The peak memory of all processes together.'),
  waitTimeMs: v.optional(about(measure, 'The time for which the program waited for a processor.')),
})

const run = v.object({
  command: about(text, 'The command with its arguments, on one line.'),
  status: about(text, 'The verdict, as in `result.status`.'),
  exitCode: v.optional(v.number()),
  signal: v.optional(text),
  reason: about(text, 'One sentence for the staff.'),
  usage,
  limits: about(
    v.record(text, v.union([v.number(), text])),
    'The limits in force, by the names of `result.limits`.',
  ),
  attempts: about(count, 'The number of times that the program was started for this result.'),
  closeToLimit: v.optional(
    about(
      v.literal(true),
      'Set if a time is within 20 % of its limit. On another machine, the verdict may be different.',
    ),
  ),
  stdin: v.optional(about(text, 'The beginning of the input. Staff only.')),
  stdout: about(text, 'The beginning of the output. Staff only.'),
  stderr: about(text, 'The beginning of the error output. Staff only.'),
})

const attempt = v.object({
  status: v.picklist(testStatuses),
  message: about(text, 'The reason why this try did not pass. Staff only.'),
})

const test = v.object({
  number: testPlan.entries.number,
  name: text,
  group: testPlan.entries.group,
  points: about(points, 'The points that the test adds to the total, by the rule of its group.'),
  maxPoints: testPlan.entries.maxPoints,
  extraCredit: testPlan.entries.extraCredit,
  earned: about(points, 'The part of `weight` that the test earned by itself.'),
  weight: testPlan.entries.weight,
  status: v.picklist(testStatuses),
  visibility,
  studentMessage: about(text, 'The message for the student; empty for a hidden test.'),
  staffMessage: about(text, 'The message for the staff, with everything.'),
  hint: testPlan.entries.hint,
  expected: v.optional(about(text, 'The expected output, cut. Staff only.')),
  received: v.optional(about(text, 'The received output, cut. Staff only.')),
  durationMs: measure,
  runs: v.array(run),
  attempts: about(v.array(attempt), 'Every try in order; more than one only with retries.'),
})

const person = v.object({
  id: v.optional(text),
  name: v.optional(text),
  email: v.optional(text),
})

/** The reasons why a submission has no program that could run. */
export const programProblems = [
  'empty',
  'no-program',
  'several-languages',
  'several-programs',
  'no-start',
  'too-large',
  'unreadable',
  'build-failed',
  'built-nothing',
  'built-several',
] as const

const build = v.object({
  status: about(
    v.picklist(['passed', 'failed', 'error', 'none']),
    '`none`: the language has no build; `error`: Gradebox could not try the build.',
  ),
  problem: v.optional(
    about(
      v.picklist(programProblems),
      'The reason why the submission has no program; `empty`: it has no files.',
    ),
  ),
  studentMessage: text,
  staffMessage: text,
  durationMs: measure,
  run: v.optional(run),
})

const file = v.object({
  path: about(text, 'The path, relative to the submission.'),
  bytes: count,
  sha256: text,
  text: v.optional(about(text, 'The contents of the file, if they are short text.')),
})

const adjustment = v.object({
  name: text,
  points: about(points, 'The points that it adds; below 0 for a deduction.'),
  message: about(text, 'The message for the student.'),
})

const submission = v.object({
  id: text,
  people: v.array(person),
  source: about(
    text,
    "The submission's path, relative to the project if it is inside. Staff only.",
  ),
  submittedAt: v.optional(text),
  metadata: about(v.record(text, v.unknown()), 'The facts about the submission from its platform.'),
  files: v.array(file),
  language: v.optional(v.object({ name: text, title: text, version: v.optional(text) })),
  build: v.optional(build),
  tests: about(v.array(test), 'The tests that have ended, by number.'),
  adjustments: v.array(adjustment),
  points,
  maxPoints: about(points, 'The largest number of points without extra credit.'),
  complete: about(v.boolean(), 'Whether every test has ended.'),
  gradable: about(
    v.boolean(),
    'Whether the points are a grade: every test ended, and none failed for a reason that is not the student’s fault.',
  ),
  problems: about(
    v.array(text),
    'The reasons why the submission is not gradable, and the remedies. Staff only.',
  ),
})

export const reportSchema = v.object({
  format: v.literal(REPORT_FORMAT),
  gradebox: about(text, 'The version of Gradebox.'),
  startedAt: time,
  updatedAt: time,
  complete: about(v.boolean(), 'Whether every submission is complete.'),
  assignment: v.object({
    name: text,
    language: v.optional(
      about(text, 'The language of messages for students; `en` where it is absent.'),
    ),
    maxPoints: about(points, 'The largest number of points without extra credit.'),
    tests: v.array(testPlan),
    groups: v.array(groupPlan),
  }),
  machine: v.object({
    os: text,
    kernel: text,
    arch: text,
    processors: count,
    memoryBytes: count,
  }),
  shard: v.optional(v.object({ index: count, count })),
  submissions: v.array(submission),
})

/** All results of a grading. Gradebox makes every other report format from this report alone. */
export type Report = v.InferOutput<typeof reportSchema>
export type ReportSubmission = Report['submissions'][number]
export type ReportTest = v.InferOutput<typeof test>
export type ReportRun = v.InferOutput<typeof run>
export type ReportAttempt = v.InferOutput<typeof attempt>
export type ReportBuild = v.InferOutput<typeof build>
export type ReportFile = v.InferOutput<typeof file>
export type ReportAdjustment = v.InferOutput<typeof adjustment>
export type ReportPerson = v.InferOutput<typeof person>
export type TestPlan = v.InferOutput<typeof testPlan>
export type GroupPlan = v.InferOutput<typeof groupPlan>
export type Visibility = (typeof visibilities)[number]
export type ProblemCode = (typeof programProblems)[number]
export type TestStatus = (typeof testStatuses)[number]
export type GroupMode = (typeof groupModes)[number]
export type FeedbackMode = (typeof feedbackModes)[number]
