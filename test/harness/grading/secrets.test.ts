import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { Report } from '../../../src/grading/report/report-schema.ts'
import { type ReportKind, writers } from '../../../src/grading/writers/index.ts'
import type { WriterOptions } from '../../../src/grading/writers/writer.ts'
import { runProject } from '../run-project.ts'

// A submission that prints every file that it can read, its environment and the command lines of other processes.
const spy = `
import os, sys
sys.stdout.write(sys.stdin.read())
for name, value in os.environ.items(): print(name, value)
def show(path):
    try:
        data = open(path, 'rb').read(200000)
        if b'MARKER' in data: print(path, data.decode('latin-1'))
    except OSError: pass
for top in ['/work', '/tmp', '/etc', '/var', '/home', '/root', '/opt', '/dev/shm']:
    for folder, folders, files in os.walk(top):
        for file in files: show(os.path.join(folder, file))
for pid in filter(str.isdigit, os.listdir('/proc')):
    for file in ['cmdline', 'environ', 'mountinfo']: show(f'/proc/{pid}/{file}')
`

// The markers are made of parts, so that the test's own source contains none of them.
const marker = (what: string) => `MARKER${what}`
const assignment = `
import { assignment } from 'gradebox/grading/vitest'
// MARKERsource
const spied = assignment({ name: 'Spied', submissions: 'submissions' })
const read = (input, answer) => async ({ run, expect }) => {
  expect(await run({ stdin: input })).toHaveStdout({ lines: answer })
}
spied.test('visible', read('shown', 'MARKERvisibleanswer'))
spied.test('plain', async ({ run, expect }) => {
  const { stdout } = await run({ stdin: 'shown' })
  expect(stdout.length, 'MARKERmessage').toBe(1)
})
spied.cases('secret', { visibility: 'hidden' })
spied.test('hidden', { visibility: 'hidden' }, read('MARKERhiddeninput', 'MARKERhiddenanswer'))
spied.test.each([['MARKERrowinput', 'MARKERrowanswer']])('row %s', { visibility: 'hidden' },
  (input, answer, context) => read(input, answer)(context))
spied.test('verdict', { feedback: 'verdict' }, read('MARKERverdictinput', 'MARKERverdictanswer'))
spied.test('later', { visibility: 'after-published' }, read('MARKERlaterinput', 'MARKERlateranswer'))
spied.test('crash', ({ submission }) => {
  if (submission.id === 'troubled') throw new Error('MARKERcrash')
})
`

/** Texts that no student may ever read. */
const secrets = [
  'source',
  'message',
  'hiddeninput',
  'hiddenanswer',
  'caseinput',
  'caseanswer',
  'rowinput',
  'rowanswer',
  'verdictinput',
  'verdictanswer',
  'crash',
]
/** Only Gradescope receives these texts, and shows them once grades are published. */
const laterSecrets = ['laterinput', 'lateranswer']

/** The formats that contain a part for students. */
const studentKinds = (Object.keys(writers) as ReportKind[]).filter(
  (kind) => !['json', 'csv', 'html'].includes(kind),
)
const environment = Object.fromEntries(
  ['CLASSROOM', 'ASSIGNMENT', 'SUBMISSION_TAG', 'COMMIT_URL', 'RELEASE_URL'].map((name) => [
    name,
    'https://example.org',
  ]),
)

interface GradescopeTest {
  readonly name: string
  readonly visibility: string
}

/** The text of a format that a student can read, decoded as the platform does. */
function readable(kind: ReportKind, part: Report, options: WriterOptions = {}): string {
  const text = String(writers[kind](part, { environment, ...options }))
  if (kind === 'github-classroom') return Buffer.from(text, 'base64').toString('utf8')
  if (kind !== 'gradescope') return text
  const { tests, ...whole } = JSON.parse(text) as { tests: GradescopeTest[] }
  // A test that the teacher lets students read later has its own place.
  const shown = tests.filter(({ visibility, name }) => visibility !== 'hidden' && name !== 'later')
  return JSON.stringify({ ...whole, tests: shown })
}

let report: Report

beforeAll(async () => {
  const project = join(inject('harnessRoot'), 'secrets')
  const files = {
    'package.json': '{ "type": "module" }',
    'spied.test.js': assignment,
    'vitest.config.js':
      "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n",
    'submissions/spy/main.py': spy,
    'submissions/other/main.py': `print("${marker('otherstudent')}")\n`,
    'submissions/troubled/main.py': 'print(1)\n',
    'submissions/unbuilt/main.sh': 'if\n',
    'submissions/unbuilt/main.rb': `puts "${marker('unbuilt')}"\n`,
    'secret/case.in': marker('caseinput'),
    'secret/case.ans': marker('caseanswer'),
  }
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
  const { directory } = await runProject('vitest', project)
  report = readReport(join(directory, 'gradebox-report.json'))
}, 120_000)

describe('a test’s secrets', () => {
  test('are only in the sandbox of their own run', () => {
    const outputs = report.submissions
      .filter(({ id }) => id === 'spy')
      .flatMap(({ tests }) => tests)
      .flatMap(({ name, runs }) => runs.map(({ stdout }) => [name, stdout] as const))
    expect(outputs).toHaveLength(7)
    for (const [name, stdout] of outputs) {
      // The submission finds its own source, which contains the plain word.
      const found = new Set(stdout.match(/MARKER[a-z]+/g))
      const [word = ''] = name.split(' ')
      const hasOwn = ['case', 'hidden', 'row', 'verdict', 'later'].includes(word)
      expect([...found], name).toEqual(hasOwn ? [marker(`${word}input`)] : [])
    }
  })

  test('are in no field of the report that a student reads', () => {
    const messages = report.submissions.flatMap(({ build, tests, adjustments }) => [
      build?.studentMessage,
      ...tests.flatMap(({ studentMessage, hint, group }) => [studentMessage, hint, group]),
      ...adjustments.map(({ message }) => message),
    ])
    const text = messages.join('\n')
    for (const secret of secrets) expect(text).not.toContain(marker(secret))
    expect(text).toContain(marker('visibleanswer'))
    expect(text).toContain(marker('lateranswer'))
  })

  test.each(studentKinds)('are in no part of %s that a student reads', (kind) => {
    for (const submission of report.submissions) {
      const part = { ...report, submissions: [submission] }
      const { id, gradable } = submission
      if (kind === 'classroom50' && !gradable) {
        expect(() => readable(kind, part)).toThrow(`The submission ${id} is not gradable`)
        continue
      }
      for (const options of [{}, { hiddenTests: 'after-published' }] as const) {
        const text = readable(kind, part, options)
        for (const secret of [...secrets, ...laterSecrets]) {
          expect(text, `${kind} of ${id}`).not.toContain(marker(secret))
        }
        const others = { otherstudent: 'other', unbuilt: 'unbuilt' }
        for (const [mark, owner] of Object.entries(others)) {
          if (id !== owner) expect(text, `${kind} of ${id}`).not.toContain(marker(mark))
        }
      }
    }
  })

  test('of a visible test are shown, which proves that the search can find a marker', () => {
    const spied = report.submissions.filter(({ id }) => id === 'spy')
    const showing = studentKinds.filter((kind) =>
      readable(kind, { ...report, submissions: spied }).includes(marker('visibleanswer')),
    )
    expect(showing).toEqual([
      'gradescope',
      'prairielearn',
      'github-classroom',
      'ctrf',
      'junit',
      'moodle',
      'autolab',
      'vpl',
      'markdown',
      'student-html',
    ])
  })

  test('are all in the report of the staff', () => {
    const text = JSON.stringify(report)
    for (const secret of [...secrets, ...laterSecrets].filter((each) => each !== 'source')) {
      expect(text).toContain(marker(secret))
    }
  })
})
