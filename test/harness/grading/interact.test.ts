import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { Report } from '../../../src/grading/report/report-schema.ts'
import { withRepeats } from '../../repeats.ts'
import { type RunnerName, runProject } from '../run-project.ts'

// The judge chooses a number, which no student may read.
const judge = `
secret=4217
while read -r guess; do
  if [ "$guess" = "$secret" ]; then echo right; exit 42; fi
  if [ "$guess" -lt "$secret" ]; then echo higher; else echo lower; fi
done
echo "the number was $secret" >&2
exit 43
`

const declarations = `
const judge = ${JSON.stringify(judge)}
const sh = (script, options = {}) => ({ command: 'sh', args: ['-c', script], ...options })
module.exports = (assignment, sandboxed) => {
  const limits = { walltime: '6s', cpu: '300ms' }
  const guess = assignment({ name: 'Guess', submissions: 'submissions', limits })
  guess.test('finds the number', { points: 2 }, async ({ interact, expect }) => {
    const { results: [run] } = await interact(sh(judge), { args: ['0', '10000'] })
    expect(run).toExitWith(42)
  })
  guess.test('judge crashes', async ({ interact, submission }) => {
    if (submission.id === 'right') await interact(sh('read -r a; kill -SEGV $$'))
  })
  guess.test('judge gives no verdict', async ({ interact, submission }) => {
    const fails = sh('read -r a; echo oops >&2; exit 1', { verdicts: [42, 43] })
    if (submission.id === 'right') await interact(fails)
  })
  guess.test('judge computes for ever', async ({ interact, submission }) => {
    const loops = sh('read -r a; while :; do :; done', { limits: { walltime: '30s', cpu: '30s' } })
    if (submission.id === 'right') await interact(loops)
  })
  guess.test('several runs', async ({ run, expect }) => {
    const [first] = await Promise.all([run({ stdin: 'the first' }), run({ stdin: 'the second' })])
    expect(first).toHaveStdout('nothing')
  })
  guess.test('checker', async ({ run, expect }) => {
    await run({ stdin: 'right' })
    expect(await sandboxed('echo', ['4217'])).toHaveStdout('4218')
  })
  guess.test('judge writes to the end', async ({ interact, expect, submission }) => {
    if (submission.id !== 'quits') return
    const { results: [run, program] } = await interact(sh('sleep 0.3; yes'))
    expect(run.status).toBe('output')
    expect(program).toSucceed()
  })
}`

const submissions = {
  right: `
import sys
low, high = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (0, 10)
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    answer = input()
    if answer == 'right': break
    if answer == 'higher': low = middle + 1
    else: high = middle - 1
`,
  silent: 'input()\n',
  quits: 'print(5)\n',
  crashes: 'print(5, flush=True)\ninput()\nraise SystemError("x")\n',
  loops: 'print(5, flush=True)\nwhile True: pass\n',
}

const files = {
  'package.json': '{}',
  'declare.cjs': declarations,
  'guess.test.mjs':
    "import { sandboxed } from 'gradebox'\nimport { assignment } from 'gradebox/grading/vitest'\nimport declare from './declare.cjs'\ndeclare(assignment, sandboxed)\n",
  'guess.spec.cjs':
    "const { sandboxed } = require('gradebox')\nconst { assignment } = require('gradebox/grading/jest')\nrequire('./declare.cjs')(assignment, sandboxed)\n",
  'vitest.config.mjs':
    "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()], test: { include: ['*.test.mjs'] } }\n",
  'jest.config.cjs':
    "module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.spec.cjs'], reporters: ['default', 'gradebox/grading/jest-reporter'] }\n",
  ...Object.fromEntries(
    Object.entries(submissions).map(([id, text]) => [`submissions/${id}/main.py`, text]),
  ),
}

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'interact')
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

// The grading is the same with both.
const runners = withRepeats<RunnerName>(['vitest'], ['jest'])

describe.for(runners)('%s: a judge that talks to a submission', (runner) => {
  let report: Report
  beforeAll(async () => {
    const args = runner === 'jest' ? ['--config=jest.config.cjs'] : []
    const { directory } = await runProject(runner, project, { args })
    report = readReport(join(directory, 'gradebox-report.json'))
  }, 240_000)

  const testOf = (id: string, name: string) =>
    report.submissions.find((each) => each.id === id)?.tests.find((each) => each.name === name)

  test('gives points for the right answer', () => {
    expect(testOf('right', 'finds the number')).toMatchObject({ status: 'passed', points: 2 })
  })

  test.for([
    [
      'silent',
      'Your program waited for input while the test waited for output of your program. Does it print every answer, and flush it?',
    ],
    ['quits', 'Failed.'],
    [
      'crashes',
      /^Your program ended with exit code 1; 0 means success\.\n\nError output of your program:\nTraceback/,
    ],
    ['loops', /^Your program used [\d.]+ m?s of processor time; 300 ms are allowed\.$/],
  ] as const)('tells the author of %s in plain words why it failed', ([id, message]) => {
    expect(testOf(id, 'finds the number')).toMatchObject({
      status: 'failed',
      points: 0,
      studentMessage: typeof message === 'string' ? message : expect.stringMatching(message),
    })
  })

  test('shows both runs to the staff', () => {
    const { runs = [], staffMessage } = testOf('quits', 'finds the number') ?? {}
    expect(runs.map(({ command }) => command.split(' ')[0])).toEqual(['sh', 'python3'])
    expect(runs[0]?.stderr).toBe('the number was 4217\n')
    expect(runs[1]?.stdin).toBe('higher\n')
    expect(staffMessage).toContain('exit code 43')
  })

  test('leaves the input of another run out of a message', () => {
    expect(testOf('quits', 'several runs')?.studentMessage).toContain('Input:\nthe first')
  })

  test('has a checker beside it, of which students read nothing', () => {
    expect(testOf('quits', 'checker')).toMatchObject({
      status: 'failed',
      studentMessage: 'Failed.',
    })
  })

  test('keeps its secret', () => {
    const texts = report.submissions.flatMap(({ tests }) => tests.map((t) => t.studentMessage))
    expect(texts.join('\n')).not.toContain('4217')
  })

  test('causes an error when it fails, and the submission is never at fault', () => {
    const messageOf = (name: string) => {
      expect(testOf('right', name)?.status).toBe('error')
      return testOf('right', name)?.staffMessage ?? ''
    }
    expect(messageOf('judge crashes')).toMatch(
      /^The judge failed: .*SIGSEGV[^\n]*\n {2}hint: Correct the judge, and grade again\.\n {2}see: docs\/errors\.md#judge_failed/,
    )
    expect(messageOf('judge gives no verdict')).toMatch(
      /^The judge failed: .*1; its verdicts are the exit codes 42, 43\noops\n/,
    )
    expect(messageOf('judge computes for ever')).toMatch(
      /^The judge failed: the submission waited for it until the walltime limit/,
    )
    expect(report.submissions.find(({ id }) => id === 'right')?.gradable).toBe(false)
  })

  test('may write to a submission that has ended', () => {
    expect(testOf('quits', 'judge writes to the end')?.status).toBe('passed')
  })
})
