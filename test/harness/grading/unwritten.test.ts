import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { runProject } from '../run-project.ts'

// No user can write below a file.
const reports = "{ csv: 'package.json/grades.csv', classroom50: 'result.json', junit: 'junit.xml' }"
const declarations = `
const echo = assignment({ name: 'Echo', submissions: 'submissions' })
echo.test('echoes', { points: 2 }, async ({ run, expect }) => {
  expect(await run({ stdin: '1' })).toHaveStdout('1')
})
echo.test('echoes again', async ({ run, expect }) => {
  if (process.env.CRASH) throw new Error('crashed')
  expect(await run({ stdin: '2' })).toHaveStdout('2')
})
`
const files = {
  'package.json': '{}',
  'echo.test.mjs': `import { assignment } from 'gradebox/grading/vitest'\n${declarations}`,
  'echo.spec.cjs': `const { assignment } = require('gradebox/grading/jest')\n${declarations}`,
  'vitest.config.mjs': `import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox({ reports: ${reports} })], test: { include: ['*.test.mjs'] } }\n`,
  'jest.config.cjs': `module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.spec.cjs'], reporters: ['default', ['gradebox/grading/jest-reporter', { reports: ${reports} }]] }\n`,
  'submissions/ada/main.sh': 'cat\n',
}
const environment = {
  CLASSROOM: 'cs1',
  ASSIGNMENT: 'echo',
  SUBMISSION_TAG: 'submit/1',
  COMMIT_URL: 'https://example.org/1',
  RELEASE_URL: 'https://example.org/2',
}

let project: string
beforeAll(() => {
  project = join(inject('harnessRoot'), 'unwritten')
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(join(project, path, '..'), { recursive: true })
    writeFileSync(join(project, path), contents)
  }
})

describe.for(['vitest', 'jest'] as const)('%s: a report that cannot be written', (runner) => {
  const args = runner === 'jest' ? ['--config=jest.config.cjs'] : []

  test('is named with the reason, stops no other report, and makes the exit code 2', async () => {
    const run = await runProject(runner, project, { args, env: environment })
    expect(run.exitCode, run.output).toBe(2)
    expect(run.output).toContain('ada  3 of 3 points  shell')
    expect(run.output).toContain('Written: gradebox-report.json, result.json, junit.xml')
    expect(run.output).toMatch(/^Not written: package\.json\/grades\.csv\n {2}\S.*\n {4}hint: /m)
    // Classroom 50 accepts no half-finished submission, and its variables are those of its runner.
    const result = JSON.parse(readFileSync(join(run.directory, 'result.json'), 'utf8'))
    expect(result).toMatchObject({ classroom: 'cs1', score: 3, 'max-score': 3 })
    expect(existsSync(join(run.directory, 'junit.xml'))).toBe(true)
  })

  test('can also be one whose format cannot represent a submission that is not gradable', async () => {
    const run = await runProject(runner, project, { args, env: { ...environment, CRASH: '1' } })
    expect(run.exitCode, run.output).toBe(2)
    expect(run.output).toContain('ada  NOT GRADABLE')
    expect(run.output).toContain(
      'Not written: result.json\n  The submission ada is not gradable, and Classroom 50 has no such result\n    hint: Read `problems`',
    )
    expect(existsSync(join(run.directory, 'result.json'))).toBe(false)
    expect(existsSync(join(run.directory, 'junit.xml'))).toBe(true)
  })
})

test('gradebox grade ends with exit code 2 when only a report is missing', () => {
  const cli = join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'grade', 'echo.test.mjs'], {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: project, ...environment },
  })
  expect(status, stderr).toBe(2)
  expect(`${stdout}${stderr}`).toContain('Not written: package.json/grades.csv')
  expect(existsSync(join(project, 'result.json'))).toBe(true)
})
