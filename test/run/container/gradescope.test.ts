import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradebox } from '../cli/cli.ts'
import { cliPath } from '../support/built.ts'
import { dockerOrBundle } from './engines/engine.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/gradescope.md'), 'utf8')
const engine = dockerOrBundle()
const home = mkdtempSync(join(tmpdir(), 'gradebox-gradescope-'))
const autograder = join(home, 'autograder')
const source = join(autograder, 'source')

const metadata = {
  id: 123456,
  created_at: '2026-01-30T10:00:00.000000-08:00',
  assignment: { due_date: '2026-02-01T00:00:00.000000-08:00', outline: [] },
  users: [{ id: 7, email: 'ada@example.edu', name: 'Ada Lovelace', sid: '42' }],
  previous_submissions: [],
}

// The layout of Gradescope's container, with the packages that setup.sh would install.
function layOut(): void {
  gradebox(['init', source, '--gradescope'])
  mkdirSync(join(source, 'node_modules/.bin'), { recursive: true })
  symlinkSync('/gradebox', join(source, 'node_modules/gradebox'))
  symlinkSync('/gradebox/node_modules/vitest', join(source, 'node_modules/vitest'))
  symlinkSync('/gradebox/dist/cli/main.js', join(source, 'node_modules/.bin/gradebox'))
  chmodSync(cliPath(), 0o755)
  copyFileSync(join(source, 'run_autograder'), join(autograder, 'run_autograder'))
  writeFileSync(join(autograder, 'submission_metadata.json'), JSON.stringify(metadata))
}

beforeAll(() => {
  if (engine !== undefined) layOut()
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

function grade(program: string) {
  for (const name of ['submission', 'results']) {
    rmSync(join(autograder, name), { recursive: true, force: true })
    mkdirSync(join(autograder, name))
  }
  writeFileSync(join(autograder, 'submission/main.py'), program)
  const output = engine?.command(['-v', `${autograder}:/autograder`], '/autograder/run_autograder')
  const read = (path: string) => JSON.parse(readFileSync(join(autograder, path), 'utf8'))
  return {
    output,
    results: read('results/results.json'),
    report: read('source/gradebox-report.json'),
  }
}

const thief = `
import glob, os
found = []
for path in glob.glob('/autograder/**', recursive=True) + ['/autograder/source/cases/negative.ans', f'/proc/{os.getppid()}/environ']:
    try:
        found.append(open(path).read())
    except OSError:
        pass
print(found)
`

describe.skipIf(engine === undefined)('in Gradescope’s container', () => {
  test('the page shows the files that `gradebox init --gradescope` writes', () => {
    for (const name of ['setup.sh', 'run_autograder']) {
      expect(page).toContain(readFileSync(join(source, name), 'utf8').trim())
    }
  })

  test('run_autograder grades a submission, as root and with no other setting', () => {
    const { results, report } = grade(
      readFileSync(join(source, 'submissions/correct/main.py'), 'utf8'),
    )
    expect(results.score).toBe(5)
    expect(
      results.tests.map(({ name, score, status, visibility }: Record<string, unknown>) => [
        name,
        score,
        status,
        visibility,
      ]),
    ).toEqual([
      ['three numbers', 2, 'passed', 'visible'],
      ['negative', 1.5, 'passed', 'hidden'],
      ['repeated', 1.5, 'passed', 'hidden'],
    ])
    const [submission] = report.submissions
    expect(submission.people).toMatchObject([{ name: 'Ada Lovelace', email: 'ada@example.edu' }])
  })

  test('a program can read neither the tests nor the runner’s environment', () => {
    const { results } = grade(thief)
    expect(results.score).toBe(0)
    expect(results.tests.map(({ status }: { status: string }) => status)).toEqual([
      'failed',
      'failed',
      'failed',
    ])
    expect(results.tests[0].output).toContain('[]')
  })

  test('a submission that is not a program gets 0 points, and results.json is complete', () => {
    const { results } = grade('this is no Python\n')
    expect(results.score).toBe(0)
    expect(results.tests.length).toBeGreaterThan(0)
  })
})
