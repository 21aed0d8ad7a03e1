import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inject } from 'vitest'

/** What a test runner printed on a fixture project, and how it ended. */
export interface ProjectRun {
  readonly exitCode: number | null
  /** stdout and stderr, in the order in which they came. */
  readonly output: string
  /** What the fixtures noted of the runs that they left unfinished. */
  readonly runs: readonly string[]
}

const runners = {
  vitest: resolve('node_modules/vitest/vitest.mjs'),
  jest: resolve('node_modules/jest/bin/jest.js'),
}

/**
 * Runs a test runner on a fresh copy of a fixture project.
 *
 * @param project - Its folder in `test/harness/projects`.
 * @param nodeArgs - Arguments of Node itself.
 * @param env - Environment variables, besides those that every project gets.
 */
export async function runProject(
  runner: keyof typeof runners,
  project: string,
  args: readonly string[] = [],
  nodeArgs: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ProjectRun> {
  const directory = mkdtempSync(join(inject('harnessRoot'), `${project}-`))
  cpSync(join(import.meta.dirname, 'projects', project), directory, { recursive: true })
  const command = runner === 'vitest' ? ['run', ...args] : ['--ci', ...args]
  const child = spawn(process.execPath, [...nodeArgs, runners[runner], ...command], {
    cwd: directory,
    // Nothing of the test runner that this runs in: it would change what the inner one does.
    env: { PATH: process.env.PATH, HOME: directory, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exitCode = await new Promise<number | null>((settle, fail) => {
    child.on('error', fail).on('close', settle)
  })
  return { exitCode, output, runs: readLog(join(directory, 'runs.log')) }
}

function readLog(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
