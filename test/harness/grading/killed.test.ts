import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { runProject, startProject } from '../run-project.ts'

// `GRADEBOX_KILLS=100` sets the number of kills.
const kills = Number(process.env.GRADEBOX_KILLS ?? 3)

const students = Array.from({ length: 8 }, (_, index) => `student${index}`)

let project: string

beforeAll(() => {
  project = join(inject('harnessRoot'), 'killed')
  const files = {
    'package.json': '{ "type": "module" }',
    'killed.test.js': `
import { appendFileSync } from 'node:fs'
import { assignment } from 'gradebox/grading/vitest'
const killed = assignment({ name: 'Killed', submissions: 'submissions', concurrent: false })
killed.test.for([1, 2, 3, 4, 5])('number %i', async (number, { run, expect, submission }) => {
  expect(await run({ stdin: String(number) })).toHaveStdout({ lines: String(number) })
})
killed.test('kills its worker', async ({ submission }) => {
  if (process.env.KILL === submission.id) process.kill(process.pid, 'SIGKILL')
})`,
    'vitest.config.js':
      "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox({ reports: { csv: 'grades.csv' } })] }\n",
    ...Object.fromEntries(students.map((id) => [`submissions/${id}/main.sh`, 'cat\n'])),
  }
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

test('a grading that is killed at any moment leaves a valid report of the finished tests', {
  timeout: 30_000 + kills * 30_000,
}, async () => {
  let partial = 0
  for (let round = 0; round < kills || partial === 0; round += 1) {
    const started = startProject('vitest', project, ['run'])
    const report = join(started.directory, 'gradebox-report.json')
    // The test waits for the first write, and then until a random moment: during a write, a rename, or between them.
    while (!existsSync(report)) await setTimeout(1)
    await setTimeout(Math.random() * 400)
    process.kill(-(started.process.pid ?? 0), 'SIGKILL')
    await started.exit
    const { submissions, complete } = readReport(report)
    const done = submissions.flatMap(({ tests }) => tests)
    expect(done.length).toBeGreaterThan(0)
    expect(done.filter(({ status }) => status !== 'passed')).toEqual([])
    if (!complete) partial += 1
    for (const { gradable, complete: whole } of submissions) expect(gradable).toBe(whole)
    // The kill can come before the second file's first write.
    const csv = join(started.directory, 'grades.csv')
    if (existsSync(csv)) expect(readFileSync(csv, 'utf8').endsWith('\r\n')).toBe(true)
  }
})

test('a worker that is killed makes its tests errors, its submission not gradable, and the exit code 2', async () => {
  const { directory, exitCode, output } = await runProject('vitest', project, {
    env: { KILL: 'student3' },
  })
  expect(exitCode).toBe(2)
  const { submissions } = readReport(join(directory, 'gradebox-report.json'))
  const [, , , third] = submissions
  expect(third).toMatchObject({ id: 'student3', gradable: false })
  expect(third?.problems.join('\n')).toMatch(
    /The test worker ended before the test did: .*Grade again\./,
  )
  expect(output).toMatch(/student3 +NOT GRADABLE/)
  expect(submissions[0]).toMatchObject({ id: 'student0', gradable: true })
  expect(readdirSync(directory).filter((name) => name.includes('.writing-'))).toEqual([])
})
