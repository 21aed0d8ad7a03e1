import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { inject } from 'vitest'

export type RunnerName = 'vitest' | 'jest'

export interface ProjectOptions {
  readonly args?: readonly string[]
  /** Arguments of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** Environment variables in addition to those that every project gets. */
  readonly env?: Readonly<Record<string, string>>
  /** Where the packages are, and which Node runs them; by default this process's Node. */
  readonly installation?: Installation
}

/** A directory in whose `node_modules` the runners and this package are, and its Node. */
export interface Installation {
  readonly root: string
  readonly node: string
  readonly vitest: string
}

/** A test runner that was started on a fixture project. */
export interface StartedProject {
  readonly process: ChildProcess
  /** The project's copy. */
  readonly directory: string
  /** stdout and stderr until now, in the order in which they came. */
  output(): string
  /** The exit code; null after a signal. */
  readonly exit: Promise<number | null>
}

/** The output of a test runner on a fixture project, and its end. */
export interface ProjectRun {
  readonly exitCode: number | null
  readonly output: string
  readonly directory: string
  /** Its JSON report's tests. */
  readonly tests: readonly ReportedTest[]
}

export interface ReportedTest {
  readonly file: string
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
  readonly meta?: Readonly<Record<string, unknown>>
}

/**
 * Starts a test runner on a fresh copy of a fixture project.
 *
 * @param project - Its folder in `test/harness/projects`, or an absolute path.
 * @param command - The runner's arguments.
 */
export function startProject(
  runner: RunnerName,
  project: string,
  command: readonly string[],
  { nodeArgs = [], env = {}, installation = ownInstallation() }: ProjectOptions = {},
): StartedProject {
  const directory = mkdtempSync(join(installation.root, `${basename(project)}-`))
  cpSync(resolve(import.meta.dirname, 'projects', project), directory, { recursive: true })
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  const script =
    runner === 'vitest' ? installation.vitest : resolve('node_modules/jest/bin/jest.js')
  const child = spawn(installation.node, [...nodeArgs, script, ...command], {
    cwd: directory,
    // The environment without the variables of the outer test runner, which would change the behaviour of the inner
    // one.
    env: { PATH: process.env.PATH, HOME: directory, TMPDIR: temporary, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The runner has its own process group, to which the test can send the signal of Ctrl-C.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exit = new Promise<number | null>((settle, fail) => {
    child.on('error', fail).on('close', settle)
  })
  return { process: child, directory, output: () => output, exit }
}

/** Runs a test runner once on a fresh copy of a fixture project. */
export async function runProject(
  runner: RunnerName,
  project: string,
  options: ProjectOptions = {},
): Promise<ProjectRun> {
  const { args = [] } = options
  const command =
    runner === 'vitest'
      ? ['run', '--reporter=default', '--reporter=json', '--outputFile.json=report.json', ...args]
      : ['--ci', '--json', '--outputFile=report.json', ...args]
  const started = startProject(runner, project, command, options)
  const exitCode = await started.exit
  const { directory } = started
  return { exitCode, output: started.output(), directory, tests: readReport(directory) }
}

function ownInstallation(): Installation {
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  return { root: inject('harnessRoot'), node: process.execPath, vitest }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly Omit<ReportedTest, 'file'>[]
  }[]
}

function readReport(directory: string): ReportedTest[] {
  const path = join(directory, 'report.json')
  if (!existsSync(path)) return []
  const report: Report = JSON.parse(readFileSync(path, 'utf8'))
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: name.slice(directory.length + 1) })),
  )
}
