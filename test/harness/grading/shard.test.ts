import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { mergeShards } from '../../../src/grading/report/shards.ts'
import { runProject } from '../run-project.ts'

const students = ['ada', 'bob', 'cy']

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'sharded')
  const assigned = (name: string) =>
    `import { assignment } from 'gradebox/grading/vitest'\nassignment({ name: '${name}', submissions: 'submissions' }).test('echo', async ({ run, expect }) => {\n  expect(await run({ stdin: 'a' })).toHaveStdout('a')\n})\n`
  const files = {
    'package.json': '{ "type": "module" }',
    'one.test.js': assigned('One'),
    'two.test.js': assigned('Two'),
    'vitest.config.js':
      "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n",
    ...Object.fromEntries(students.map((id) => [`submissions/${id}/main.sh`, 'cat\n'])),
  }
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

const reportIn = (directory: string) => readReport(join(directory, 'gradebox-report.json'))

test('--shard of Vitest splits test files: each shard grades whole assignments', async () => {
  const shards = await Promise.all(
    ['1/2', '2/2'].map((shard) => runProject('vitest', project, { args: [`--shard=${shard}`] })),
  )
  const reports = shards.map(({ directory }) => reportIn(directory))
  expect(reports.map(({ assignment }) => assignment.name).sort()).toEqual(['One', 'Two'])
  for (const { submissions } of reports) {
    expect(submissions.map(({ id, points }) => [id, points])).toEqual(students.map((id) => [id, 1]))
  }
})

test('GRADEBOX_SHARD splits submissions, and the reports merge to the report of the whole class', async () => {
  const args = ['one.test.js']
  const shards = await Promise.all(
    ['1/2', '2/2'].map((shard) =>
      runProject('vitest', project, { args, env: { GRADEBOX_SHARD: shard } }),
    ),
  )
  const reports = shards.map(({ directory }) => reportIn(directory))
  expect(reports.map(({ submissions }) => submissions.length).sort()).toEqual([1, 2])
  const [first, second] = reports
  if (first === undefined || second === undefined) throw new Error('two shards')
  const { submissions, complete } = mergeShards({ first, second })
  expect(submissions.map(({ id }) => id).sort()).toEqual(students)
  expect(complete).toBe(true)
})
