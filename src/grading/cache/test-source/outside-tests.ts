import { changesSharedState } from './shared-state.ts'
import { nodesOf, type Syntax } from './syntax.ts'
import { assignmentNames, isLiteral, type TestCall, testCalls } from './test-calls.ts'

/**
 * The statements of a test file without the code of its tests. Every test of the file may depend on these statements.
 * The result leaves out a whole test if the test's name and options are literals. Otherwise, the result leaves out only
 * the test's function.
 *
 * Returns undefined in two cases: no call in the file declares a test and contains its function, or a function of the
 * file changes state outside of itself.
 */
export function outsideTests(code: string, program: Syntax): readonly string[] | undefined {
  const all = testCalls(program, assignmentNames(program))
  const calls = all.filter(({ fn }) => !all.some(({ around }) => around.includes(fn)))
  if (calls.length === 0) return undefined
  const suites = new Set(all.flatMap(({ around }) => around))
  if (changesSharedState(program, (node) => suites.has(node))) return undefined
  const whole = new Set(calls.filter(isAlone).map(({ call }) => call))
  return nodesOf(program.body)
    .filter(
      ({ type, expression }) => type !== 'ExpressionStatement' || !whole.has(expression as Syntax),
    )
    .map((statement) => withoutFunctions(code, statement, calls))
}

// The report and the cache key of a test already contain the values of the test's name and options.
const isAlone = ({ call, isSingle }: TestCall): boolean =>
  isSingle && nodesOf(call.arguments).slice(0, -1).every(isLiteral)

function withoutFunctions(code: string, statement: Syntax, calls: readonly TestCall[]): string {
  const within = calls
    .map(({ fn }) => fn)
    .filter(({ start, end }) => start >= statement.start && end <= statement.end)
  const ends = [statement.start, ...within.map(({ end }) => end)]
  const starts = [...within.map(({ start }) => start), statement.end]
  return ends.map((end, at) => code.slice(end, starts[at])).join('() => {}')
}
