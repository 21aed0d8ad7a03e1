import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { readReport } from '../../../src/grading/report/read-report.ts'
import { runProject } from '../run-project.ts'

// A student's file that leaves a mark if the test runner loads it.
const loaded = "require('node:fs').writeFileSync(process.env.MARK, __filename)\n"
const imported =
  "import { writeFileSync } from 'node:fs'\nwriteFileSync(process.env.MARK, import.meta.url)\n"

const declare = (runner: string, submissions: string) =>
  `import { assignment } from 'gradebox/grading/${runner}'\n` +
  `const echo = assignment({ name: 'Echo', submissions: ${submissions} })\n` +
  "echo.test('echo', async ({ run, expect }) => { expect(await run()).toHaveStdout('1\\n') })\n"

const require = (code: string) => code.replace(/^import (.*) from (.*)$/m, 'const $1 = require($2)')

function project(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'students-'))
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), contents)
  }
  return directory
}

const students = (folder: string) => ({
  [`${folder}/ada/main.js`]: 'console.log(1)\n',
  [`${folder}/eve/main.js`]: 'console.log(1)\n',
  [`${folder}/eve/main.test.mjs`]: imported,
  [`${folder}/eve/deep/echo.test.cjs`]: loaded,
  [`${folder}/eve/__tests__/other.cjs`]: loaded,
})

describe('Vitest', () => {
  const config = (options: string) => ({
    'package.json': '{ "type": "module" }',
    'vitest.config.mjs': `import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox(${options})], test: { include: ['**/*.test.{mjs,cjs}', '**/__tests__/*'] } }\n`,
  })
  const run = async (files: Readonly<Record<string, string>>) => {
    const directory = project({ ...files, mark: '' })
    const mark = join(directory, 'was-loaded')
    const result = await runProject('vitest', directory, { env: { MARK: mark } })
    return { ...result, wasLoaded: existsSync(mark) }
  }

  test.each([
    ['submissions', ''],
    ['handins', ''],
    ['nested/handins', ''],
  ])('runs no file of a student in the folder %s', async (folder, options) => {
    const { output, wasLoaded, directory, exitCode } = await run({
      ...config(options),
      ...students(folder),
      'echo.test.mjs': declare('vitest', `'${folder}'`),
    })
    expect(output).toContain(
      `gradebox: Vitest does not run 3 test files in submissions, because they would run outside of the sandbox: ${folder}/eve/__tests__/other.cjs, ${folder}/eve/deep/echo.test.cjs, ${folder}/eve/main.test.mjs\n`,
    )
    expect(wasLoaded, output).toBe(false)
    expect(exitCode, output).toBe(0)
    const { submissions } = readReport(join(directory, 'gradebox-report.json'))
    expect(submissions.map(({ id, points }) => [id, points])).toEqual([
      ['ada', 1],
      ['eve', 1],
    ])
  })

  const computed = declare('vitest', "['han', 'dins'].join('')")

  test('refuses a folder that only a computed value names, until the plugin names it', async () => {
    const files = { ...students('handins'), 'echo.test.mjs': computed }
    const refused = await run({ ...config(''), ...files })
    expect(refused.exitCode).toBe(1)
    expect(refused.output).toContain(
      "SandboxError: Vitest looks for test files in the submissions handins, and would run a student's file outside of the sandbox\n" +
        '  hint: Name the folder in vitest.config.ts: plugins: [gradebox({ submissions: "handins" })]\n',
    )
    const named = await run({ ...config("{ submissions: 'handins' }"), ...files })
    expect([named.exitCode, named.wasLoaded], named.output).toEqual([0, false])
  })

  test('runs no file of a student in another project of the configuration', async () => {
    const { exitCode, wasLoaded, output } = await run({
      ...students('handins'),
      'package.json': '{ "type": "module" }',
      'vitest.config.mjs':
        "import gradebox from 'gradebox/vitest'\n" +
        "const unit = { test: { name: 'unit', include: ['**/*.test.{mjs,cjs}'], exclude: ['*.mjs'] } }\n" +
        "const grading = { plugins: [gradebox()], test: { name: 'grading', include: ['*.test.mjs'] } }\n" +
        'export default { test: { projects: [unit, grading] } }\n',
      'echo.test.mjs': declare('vitest', "'handins'"),
    })
    expect([exitCode, wasLoaded], output).toEqual([0, false])
  })

  test('is not asked to run a file of a student by `gradebox grade`', () => {
    const directory = project({
      ...config(''),
      ...students('handins'),
      // The name of the teacher's file, which a filter of Vitest would match too.
      'handins/eve/echo.test.mjs': imported,
      'echo.test.mjs': computed,
    })
    const mark = join(directory, 'was-loaded')
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [resolve('dist/cli/main.js'), 'grade', 'echo.test.mjs'],
      {
        cwd: directory,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: directory, MARK: mark },
      },
    )
    expect(status, `${stdout}${stderr}`).toBe(0)
    expect(existsSync(mark)).toBe(false)
  })
})

describe('Jest', () => {
  const config = (more: string) => ({
    'package.json': '{}',
    'jest.config.cjs': `module.exports = { testEnvironment: 'gradebox/jest-environment', testMatch: ['**/*.test.cjs', '**/__tests__/*'], moduleFileExtensions: ['js', 'cjs', 'mjs', 'sh'], reporters: ['default', 'gradebox/grading/jest-reporter'], ${more} }\n`,
  })
  const run = async (files: Readonly<Record<string, string>>) => {
    const directory = project(files)
    const mark = join(directory, 'was-loaded')
    const args = ['--config=jest.config.cjs']
    const result = await runProject('jest', directory, { args, env: { MARK: mark } })
    return { ...result, wasLoaded: existsSync(mark) }
  }
  const hidden = "modulePathIgnorePatterns: ['<rootDir>/handins/']"
  const echo = require(declare('jest', "'handins'"))

  test('runs no file of a student, and says how to hide them', async () => {
    const { output, wasLoaded, directory } = await run({
      ...config(''),
      ...students('handins'),
      'echo.test.cjs': echo,
    })
    expect(wasLoaded, output).toBe(false)
    expect(output).toContain(
      'Jest would run handins/eve/deep/echo.test.cjs as a test, outside of the sandbox\n',
    )
    expect(output).toContain(
      `hint: Hide the submissions from Jest, in its configuration: ${hidden}`,
    )
    const { submissions } = readReport(join(directory, 'gradebox-report.json'))
    expect(submissions.map(({ id, points }) => [id, points])).toEqual([
      ['ada', 1],
      ['eve', 1],
    ])
  })

  const mock = { 'handins/eve/__mocks__/gradebox/grading/jest.js': loaded }

  test("loads no student's mock in place of a package", async () => {
    const files = { ...students('handins'), ...mock, 'echo.test.cjs': echo }
    const refused = await run({ ...config(''), ...files })
    expect(refused.wasLoaded, refused.output).toBe(false)
    expect(refused.output).toContain(
      'Jest would run handins/eve/__mocks__/gradebox/grading/jest.js in place of a package, outside of the sandbox\n',
    )
    const named = await run({ ...config(hidden), ...files })
    expect([named.exitCode, named.wasLoaded], named.output).toEqual([0, false])
  })

  test('refuses a folder that only a computed value names, until Jest ignores it', async () => {
    const computed = require(declare('jest', "['han', 'dins'].join('')"))
    const files = { 'handins/ada/main.sh': 'echo 1\n', 'echo.test.cjs': computed }
    const refused = await run({ ...config(''), ...files })
    expect(refused.exitCode).toBe(1)
    expect(refused.output).toContain(
      'Jest would run handins/*.test.js as a test, outside of the sandbox\n',
    )
    const named = await run({ ...config(hidden), ...files })
    expect(named.exitCode, named.output).toBe(0)
  })
})
