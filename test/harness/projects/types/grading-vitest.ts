import type { SandboxResult } from 'gradebox'
import {
  type formatPoints,
  type Language,
  type Report,
  readReport,
  writers,
} from 'gradebox/grading'
import { type AssignmentOptions, assignment } from 'gradebox/grading/vitest'
import gradebox from 'gradebox/vitest'

/** Compiles only where both types are the same. */
function same<A>() {
  return <B>(..._: [A, B] extends [B, A] ? [] : ['different types', A, B]): void => {}
}

gradebox({ reports: { csv: 'a.csv', gradescope: { path: 'r', hiddenTests: 'after-published' } } })
// @ts-expect-error no such kind
gradebox({ reports: { word: 'a.doc' } })

const lua: Language = {
  title: 'Lua',
  extensions: ['.lua'],
  run: ({ main }, { memoryBytes }) => ['lua', main.path, String(memoryBytes)],
  version: ['lua', '-v'],
  install: 'Lua',
  limits: { memory: '64MiB' },
}
const options: AssignmentOptions = {
  name: 'Median',
  submissions: ['a', 'b/*'],
  languages: { lua, c: true, python: { limits: { memory: '1GiB' } } },
  adjust: ({ submission, points, tests }) =>
    submission.language === 'c' ? [{ name: 'c', points: points + tests.length }] : [],
}
const median = assignment(options)
median.group('edge', { points: 3, mode: 'min' })
median.test('one', async ({ run, expect, award, submission }) => {
  const result = await run({ stdin: '1', args: ['a'], limits: { memory: '1GiB' } })
  same<SandboxResult>()<typeof result>()
  expect(result).toHaveStdout({ lines: '1' })
  award(1, submission.id)
})
median.test.each([
  [1, 'a'],
  [2, 'b'],
])('each %i', { points: 1 }, (number, text, { award }) => {
  same<number>()<typeof number>()
  same<string>()<typeof text>()
  award(number)
})
median.test.for([{ input: '1' }])('for $input', ({ input }, { run }) => run({ stdin: input }))
median.cases('secret', { group: 'all', visibility: 'hidden', compare: { float: 1e-6 } })
// @ts-expect-error no such visibility
median.cases('secret', { visibility: 'secret' })
// @ts-expect-error points are a number
median.test('two', { points: '2' }, () => {})

const report: Report = readReport('r.json')
writers.csv(report, {})
same<string>()<ReturnType<typeof formatPoints>>()
