import * as v from 'valibot'
import { expected, key, oneOf } from '../../policy/schema-parts.ts'
import { openTable, strictTable } from '../../policy/strict-table.ts'
import { feedbackModes, groupModes, visibilities } from '../report/report-schema.ts'

const text = v.string(expected('text'))
const name = v.pipe(text, v.minLength(1, expected('text that is not empty')))
const flag = v.boolean(expected('true or false'))
const texts = v.array(text, expected('a list of texts'))
const args = v.array(
  v.pipe(text, v.regex(/^[^\0]*$/, expected('text without NUL bytes'))),
  expected('a list of texts'),
)

function numberFrom(least: number, most: number) {
  const message = expected(`a number from ${least} to ${most}`)
  return v.pipe(v.number(message), v.minValue(least, message), v.maxValue(most, message))
}

function wholeNumber(least: number, most: number) {
  const message = expected(`a whole number from ${least} to ${most}`)
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

const points = numberFrom(0, 1_000_000)
const distance = v.pipe(
  v.number(expected('a number from 0')),
  v.minValue(0, expected('a number from 0')),
)
const amount = v.union([v.number(), v.string()], expected('a number, or text with a unit'))
const limits = openTable(text, amount)

const compareTable = strictTable({
  mode: key(oneOf(['lines', 'tokens', 'exact']), 'The unit of comparison; default tokens.'),
  float: key(distance, 'The largest allowed difference of two numbers; only with tokens.'),
  ignoreCase: key(flag, 'Whether upper and lower case are equal; only with tokens.'),
  prompts: key(
    text,
    'A regular expression for prompts that the comparison removes; only with tokens.',
  ),
})

const compare = v.union(
  [oneOf(['lines', 'tokens', 'exact']), compareTable],
  expected('"lines", "tokens", "exact" or a table'),
)

const common = {
  points: key(points, 'The points of the test; default 1.'),
  extraCredit: key(flag, 'Whether the points count in addition to the maximum; default false.'),
  visibility: key(
    oneOf(visibilities),
    'The readers who see the result, and when; default visible.',
  ),
  group: key(name, 'The name of a group; for cases also sum, all or min.'),
  hint: key(text, 'The text that a student reads when the test fails.'),
  feedback: key(
    oneOf(feedbackModes),
    'How much a student reads; default full, and none for hidden tests.',
  ),
  limits: key(limits, 'Limits that replace those of the assignment.'),
  compare: key(compare, 'How the output is compared; default lines.'),
  retry: key(wholeNumber(0, 1000), 'The number of times to repeat a failed test.'),
}

const test = strictTable({
  name: v.pipe(name, v.description('The name in reports.')),
  args: key(args, 'Arguments of the program.'),
  stdin: key(text, 'The input.'),
  stdinFile: key(name, 'The path of a file with the input, relative to this file.'),
  stdout: key(text, 'The output of a correct program; without this key the output is not checked.'),
  stdoutFile: key(name, 'The path of a file with the output of a correct program.'),
  exitCode: key(wholeNumber(0, 255), 'The exit code of a correct program; default 0.'),
  ...common,
})

const cases = strictTable({
  path: v.pipe(name, v.description('A folder, or a glob of inputs: NAME.in with NAME.ans.')),
  ...common,
})

const group = strictTable({
  name: v.pipe(name, v.description('The name that tests write in `group`.')),
  mode: key(oneOf(groupModes), 'How the tests of the group add up; default sum.'),
  points: key(
    points,
    'The points of all tests of the group together; default the sum of their points.',
  ),
})

const language = strictTable({
  limits: key(limits, 'Limits of programs in this language.'),
  flags: key(texts, 'Additional flags for the compiler.'),
})

/** The shape of an `assignment.toml`. Types, checks and assignment.schema.json derive from this shape. */
export const assignmentSchema = strictTable({
  name: v.pipe(name, v.description('The name in reports.')),
  submissions: v.optional(
    v.pipe(
      v.union(
        [name, v.pipe(v.array(name), v.minLength(1, 'expected at least one path'))],
        expected('a path, or a list of paths'),
      ),
      v.description('The path of the submissions, relative to this file; default submissions.'),
    ),
  ),
  languages: key(
    v.union(
      [texts, openTable(name, v.union([v.literal(true), language], expected('true or a table')))],
      expected('a list of languages, or a table'),
    ),
    'The accepted languages, or changes to them; default all.',
  ),
  feedbackLanguage: key(
    oneOf(['en', 'de', 'es']),
    'The language of messages for students; default en.',
  ),
  limits: key(
    limits,
    'Limits of every run. A time without a unit is whole seconds, and a size without a unit is bytes.',
  ),
  groups: key(v.array(group, expected('a list of groups')), 'Groups, which tests join by name.'),
  tests: key(v.array(test, expected('a list of tests')), 'Tests.'),
  cases: key(
    v.array(cases, expected('a list of cases')),
    'Tests from files: NAME.in with NAME.ans.',
  ),
})

/** The contents of an `assignment.toml`, as the author wrote them. */
export type RawAssignment = v.InferOutput<typeof assignmentSchema>
