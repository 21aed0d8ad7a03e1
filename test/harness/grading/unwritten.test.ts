import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { runProject } from '../run-project.ts'

const reports =
  "{ csv: process.env.CSV ?? 'grades.csv', classroom50: process.env.RESULT ?? 'result.json', junit: 'junit.xml', markdown: process.env.SUMMARY ?? 'summary.md' }"
const declarations = `
const echo = assignment({ name: 'Echo', submissions: 'submissions' })
echo.test('echoes', { points: 2 }, async ({ run, expect }) => {
  writeFileSync('ran', '')
  if (process.env.TAKE) {
    rmSync('grades.csv', { force: true })
    mkdirSync('grades.csv')
  }
  expect(await run({ stdin: '1' })).toHaveStdout('1')
})
echo.test('echoes again', async ({ run, expect }) => {
  if (process.env.CRASH) throw new Error('crashed')
  expect(await run({ stdin: '2' })).toHaveStdout('2')
})
`
const files = {
  'package.json': '{}',
  'echo.test.mjs': `import { mkdirSync, rmSync, writeFileSync } from 'node:fs'\nimport { assignment } from 'gradebox/grading/vitest'\n${declarations}`,
  'echo.spec.cjs': `const { mkdirSync, rmSync, writeFileSync } = require('node:fs')\nconst { assignment } = require('gradebox/grading/jest')\n${declarations}`,
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

  test('is named before any run, and makes the exit code 2', async () => {
    const env = {
      ...environment,
      CSV: 'package.json/grades.csv',
      RESULT: 'submissions',
      SUMMARY: 'junit.xml',
      GRADEBOX_REPORTS: 'html=submissions/ada',
    }
    const run = await runProject(runner, project, { args, env })
    expect(run.exitCode, run.output).toBe(2)
    expect(run.output).toContain('No test was run, because a report cannot be written')
    for (const [path, reason] of [
      ['package.json/grades.csv', 'ENOTDIR: not a directory'],
      ['submissions', 'it is a directory'],
      ['submissions/ada', 'it is a directory'],
      ['junit.xml', '/junit.xml is the file of two reports: junit and markdown'],
    ]) {
      expect(run.output).toMatch(new RegExp(`^Not written: ${path}\\n {2}.*${reason}`, 'm'))
    }
    expect(existsSync(join(run.directory, 'ran'))).toBe(false)
  })

  test('that another program takes meanwhile is named, and holds up no other report', async () => {
    const run = await runProject(runner, project, { args, env: { ...environment, TAKE: '1' } })
    expect(run.exitCode, run.output).toBe(2)
    expect(run.output).toContain('ada  3 of 3 points  shell')
    expect(run.output).toContain('Written: gradebox-report.json, result.json, junit.xml')
    expect(run.output).toMatch(/^Not written: grades\.csv\n {2}\S.*\n {4}hint: /m)
    // Classroom 50 takes no unfinished submission, and its report needs the variables of its runner.
    const result = JSON.parse(readFileSync(join(run.directory, 'result.json'), 'utf8'))
    expect(result).toMatchObject({ classroom: 'cs1', score: 3, 'max-score': 3 })
    expect(existsSync(join(run.directory, 'junit.xml'))).toBe(true)
  })

  test('can also have a format that cannot represent a submission that is not gradable', async () => {
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

describe('gradebox', () => {
  const cli = (...args: string[]) => {
    const main = join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js')
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      cwd: project,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: project, ...environment, CSV: 'new/grades.csv' },
    })
    return { status, output: `${stdout}${stderr}` }
  }

  test('grade names such a file before any run', () => {
    const { status, output } = cli('grade', 'echo.test.mjs', '--report', 'markdown=submissions')
    expect(status, output).toBe(2)
    expect(output).toContain('/submissions could not be written: it is a directory')
    expect(existsSync(join(project, 'ran'))).toBe(false)
  })

  test('merge names such a file before it writes another', () => {
    expect(cli('grade', 'echo.test.mjs').status).toBe(0)
    const args = ['--report', 'json=merged.json', '--report', 'csv=submissions']
    const { status, output } = cli('merge', 'gradebox-report.json', ...args)
    expect(status, output).toBe(2)
    expect(output).toContain('/submissions could not be written: it is a directory')
    expect(existsSync(join(project, 'merged.json'))).toBe(false)
  })
})
