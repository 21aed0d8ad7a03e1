import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test as base, expect, inject } from 'vitest'
import { installOnce, npmEnvironment } from './npm.ts'
import { filesOf } from './pages.ts'

const packages = [
  'jest@30.2.0',
  'ts-jest@29.4.5',
  'typescript@5.9.3',
  '@swc/jest@0.2.39',
  '@swc/core@1.13.5',
  '@babel/core@7.28.4',
  '@babel/preset-env@7.28.3',
  '@babel/preset-typescript@7.27.1',
  '@types/node@22.19.1',
]
// These packages are apart from the checkout's own, because few contributors need them.
const cache = resolve('node_modules/.cache/gradebox-jest-transforms')

/** A folder in which `npm init -y` ran, and in which the packages and this package are installed. */
function newPackage(files: Readonly<Record<string, string>>, type: string): string {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'transforms-'))
  npm(directory, 'init', '-y')
  if (type !== 'commonjs') npm(directory, 'pkg', 'set', `type=${type}`)
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), contents)
  }
  const modules = join(directory, 'node_modules')
  for (const name of installedPackages()) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(cache, 'node_modules', name), join(modules, name))
  }
  // A copy, so that the package finds the same Jest as the tests.
  const gradebox = join(inject('harnessRoot'), 'node_modules/gradebox')
  cpSync(gradebox, join(modules, 'gradebox'), { recursive: true })
  return directory
}

// A scope is a folder of packages.
function installedPackages(): string[] {
  const modules = join(cache, 'node_modules')
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map((each) => join(name, each))
        : name,
    )
}

function npm(cwd: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    env: npmEnvironment(),
  })
  expect(status, stderr).toBe(0)
}

function jest(cwd: string, nodeArgs: readonly string[]) {
  const program = join(cwd, 'node_modules/jest/bin/jest.js')
  const command = [...nodeArgs, program, '--ci', '--testTimeout=60000']
  const { stdout, stderr, status } = spawnSync(process.execPath, command, {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: cwd, NO_COLOR: '1' },
  })
  return { output: `${stdout}${stderr}`, status }
}

const page = Object.fromEntries(filesOf('docs/jest.md'))

interface ModuleType {
  readonly nodeArgs: readonly string[]
  /** The folder of its files on the page. */
  readonly folder: string
  readonly compilerOptions: object
  readonly babelModules: false | 'auto'
}

const compilerOptions = {
  strict: true,
  target: 'es2022',
  esModuleInterop: true,
  skipLibCheck: true,
  types: ['node'],
}

const moduleTypes: Readonly<Record<string, ModuleType>> = {
  commonjs: {
    nodeArgs: [],
    folder: '',
    compilerOptions: { ...compilerOptions, module: 'commonjs' },
    babelModules: 'auto',
  },
  module: {
    nodeArgs: ['--experimental-vm-modules', '--no-warnings'],
    folder: 'esm/',
    compilerOptions: { ...compilerOptions, module: 'esnext', moduleResolution: 'bundler' },
    babelModules: false,
  },
}

const compilers = ['ts-jest', 'babel-jest', '@swc/jest'] as const

/**
 * A package in which one Jest runs three kinds of files: the example of the page, a test in TypeScript once with each
 * compiler, and a test that does not compile.
 */
function newProjects(type: string): string {
  const { compilerOptions, babelModules, folder } = moduleTypes[type] ?? raise(type)
  const presets = [
    ['@babel/preset-env', { targets: { node: 'current' }, modules: babelModules }],
    '@babel/preset-typescript',
  ]
  const isModule = type === 'module'
  const transforms = {
    'ts-jest': ['ts-jest', { useESM: isModule }],
    'babel-jest': ['babel-jest', { presets }],
    '@swc/jest': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  }
  const project = (displayName: string, compiler: keyof typeof transforms, file: string) => ({
    displayName,
    testEnvironment: 'gradebox/jest-environment',
    setupFilesAfterEnv: ['gradebox/matchers/jest'],
    testMatch: [`<rootDir>/${file}`],
    transform: { '^.+\\.ts$': transforms[compiler] },
    ...(isModule ? { extensionsToTreatAsEsm: ['.ts'] } : {}),
  })
  const config = JSON.stringify({
    projects: [
      '<rootDir>/page',
      ...compilers.map((compiler) => project(compiler, compiler, 'grade.test.ts')),
      project('wrong', 'ts-jest', 'wrong.test.ts'),
    ],
  })
  const files = {
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'jest.config.js': `${isModule ? 'export default' : 'module.exports ='} ${config}\n`,
    'grade.test.ts': graded,
    'wrong.test.ts': wrong,
    ...Object.fromEntries(
      ['jest.config.js', 'grade.test.js'].map((file) => [
        `page/${file}`,
        page[`${folder}${file}`] ?? raise(`${folder}${file}`),
      ]),
    ),
  }
  return newPackage(files, type)
}

function raise(what: string): never {
  throw new Error(`There is no ${what}`)
}

const graded = `
import { expect, test } from '@jest/globals'
import { sandboxed, type SandboxResult } from 'gradebox'
import 'gradebox/matchers/jest'

test('adds', async () => {
  const run: SandboxResult = await sandboxed('sh', ['-c', 'read a b; echo $((a + b))'], { stdin: '1 2\\n' })
  expect(run).toHaveStdout({ tokens: '3' })
  expect(run).not.toExitWith(1)
})
`
const wrong = `${graded}
test('does not compile', () => {
  expect('abc').toSucceed()
})
`

const test = base.extend<{ installed: undefined }>({
  installed: async ({ skip }, use) => {
    const problem = installOnce(cache, packages)
    if (problem !== '') skip(`Jest and its compilers: ${problem}`)
    await use(undefined)
  },
})

test.for(Object.keys(moduleTypes))(
  'Jest in a new package of type %s runs its page’s example, and TypeScript by ts-jest, babel-jest and swc',
  (type, { installed: _ }) => {
    const { output, status } = jest(newProjects(type), moduleTypes[type]?.nodeArgs ?? [])
    for (const name of compilers) expect(output).toMatch(new RegExp(`^PASS +${name} `, 'm'))
    expect(output).toMatch(/^PASS +page\/grade\.test\.js/m)
    expect(output).toMatch(/^Tests:\s+(\d) passed, \1 total$/m)
    expect(output).toMatch(/^Test Suites:\s+1 failed, 4 passed, 5 total$/m)
    // By ts-jest, a matcher on a value that is not a result does not compile.
    expect(output).toMatch(/^FAIL +wrong /m)
    expect(output.match(/error.*TS\d+/g)).toHaveLength(1)
    expect(output).toContain("expect('abc').toSucceed()")
    expect(status).toBe(1)
  },
)
