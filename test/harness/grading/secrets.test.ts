import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import type { Report } from '../../../src/grading/report/report-schema.ts'
import { writers } from '../../../src/grading/writers/index.ts'
import { runProject } from '../run-project.ts'

// A submission that prints every file it can read, its environment and what other processes are called.
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

// The markers are made of parts, so that the test's own source has them nowhere whole.
const marker = (what: string) => `MARKER${what}`
const assignment = `
import { assignment } from 'gradebox/grading/vitest'
// MARKERsource
const spied = assignment({ name: 'Spied', submissions: 'submissions' })
spied.test('visible', async ({ run, expect }) => {
  expect(await run({ stdin: 'shown' })).toHaveStdout({ lines: 'MARKERvisibleanswer' })
})
spied.test('plain', async ({ run, expect }) => {
  const { stdout } = await run({ stdin: 'shown' })
  expect(stdout.length, 'MARKERmessage').toBe(1)
})
spied.cases('secret', { visibility: 'hidden' })
spied.test('hidden', { visibility: 'hidden' }, async ({ run, expect }) => {
  expect(await run({ stdin: 'MARKERhiddeninput' })).toHaveStdout({ lines: 'MARKERhiddenanswer' })
})
`

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
  test('are in no sandbox but that of their own run', () => {
    const outputs = report.submissions
      .filter(({ id }) => id === 'spy')
      .flatMap(({ tests }) => tests)
      .flatMap(({ name, runs }) => runs.map(({ stdout }) => [name, stdout] as const))
    expect(outputs).toHaveLength(4)
    for (const [name, stdout] of outputs) {
      // The spy finds its own source, in which the word stands alone.
      const found = new Set(stdout.match(/MARKER[a-z]+/g))
      const own = { case: ['MARKERcaseinput'], hidden: ['MARKERhiddeninput'] }[name] ?? []
      expect([...found], name).toEqual(own)
    }
  })

  test('are in no field that a student reads', () => {
    const [other, spyReport] = report.submissions
    const fields = report.submissions.flatMap(({ build, tests, adjustments }) => [
      build?.studentMessage,
      ...tests.flatMap(({ name, studentMessage, hint, group }) => [
        name,
        studentMessage,
        hint,
        group,
      ]),
      ...adjustments.map(({ message }) => message),
    ])
    const text = fields.join('\n')
    const secrets = ['source', 'message', 'hiddeninput', 'hiddenanswer', 'caseinput', 'caseanswer']
    for (const secret of secrets) expect(text).not.toContain(marker(secret))
    expect(text).toContain(marker('visibleanswer'))
    const ofSpy = spyReport?.tests.map(({ studentMessage }) => studentMessage).join('\n')
    expect(ofSpy).not.toContain(marker('otherstudent'))
    expect(other?.id).toBe('other')
  })

  test('are in no report for students', () => {
    const forStudents = [
      'gradescope',
      'prairielearn',
      'github-classroom',
      'github-notices',
    ] as const
    for (const submission of report.submissions) {
      for (const kind of forStudents) {
        const text = String(writers[kind]({ ...report, submissions: [submission] }, {}))
        const plain = `${text}\n${Buffer.from(text, 'base64').toString('latin1')}`
        for (const secret of [
          'hiddeninput',
          'hiddenanswer',
          'caseinput',
          'caseanswer',
          'source',
          'message',
        ]) {
          expect(plain, `${kind} ${submission.id}`).not.toContain(marker(secret))
        }
      }
    }
  })

  test('are all in the report of the staff', () => {
    const text = JSON.stringify(report)
    for (const secret of ['hiddeninput', 'hiddenanswer', 'caseinput', 'caseanswer', 'message']) {
      expect(text).toContain(marker(secret))
    }
  })
})
