import { extname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import type { VitestPluginContext } from 'vitest/node'
import { rethrowAt } from '../../errors/rethrow-at.ts'
import { cacheInUse } from '../../grading/cache/results.ts'
import { withSource } from '../../grading/cache/test-source/loaded-sources.ts'
import { addGradingReporter } from '../../grading/reporting/vitest-reporter.ts'
import { chosenReports, type ReportsOption } from '../../grading/writers/reports-option.ts'
import { sweepEndingWorkers } from '../../runner/launch/sweep.ts'
import { checkOptions } from '../../runner/options/check-options.ts'
import { invalid } from '../../runner/options/invalid-option.ts'
import type { GradeboxOptions } from '../gradebox-options.ts'
import { mergeOptions, provided } from '../provided.ts'
import { addReporter, showsRuns } from '../reporter.ts'
import type { RunsSummary } from '../run-summary.ts'
import { scratchRoot } from '../scratch.ts'
import { addTroubleReporter } from '../trouble-reporter.ts'
import { workerCount } from '../workers.ts'
import { excludeSubmissions } from './exclude-submissions.ts'
import { addWatchedPaths } from './watched-paths.ts'

export type { GradeboxOptions } from '../gradebox-options.ts'
export type { RunSummary, RunsSummary } from '../run-summary.ts'
export { gradeboxFixtures } from './fixtures.ts'

/** Options of the Vitest plugin. */
export interface GradeboxPluginOptions extends GradeboxOptions {
  /**
   * The reports of graded tests: a path by kind, relative to the root. `GRADEBOX_REPORTS` adds to them.
   *
   * @default { json: 'gradebox-report.json' }
   * @example { gradescope: '/autograder/results/results.json', csv: 'grades.csv' }
   */
  readonly reports?: ReportsOption
  /**
   * Folders with students' files, relative to the root. Vitest runs no test file in them. Those that test files name as
   * `submissions` are known without this option.
   *
   * @default ['submissions']
   */
  readonly submissions?: string | readonly string[]
}

declare module 'vitest' {
  interface TaskMeta {
    /** The sandboxed runs of the test and what they used. */
    gradebox?: RunsSummary
    /** In a file's `meta`: the host paths that the options of its runs name. */
    gradeboxHostPaths?: readonly string[]
  }
}

const environmentFile = sibling('environment')
const setupFile = sibling('setup')

// Vitest imports a file from node_modules once per worker, but a setup file must run once per test file. A linked
// package is not in node_modules, so the second pattern excludes its other files from the transformation.
const dependencies = {
  inline: [/[\\/]environment[\\/]vitest[\\/]setup\.[jt]s$/],
  external: [new RegExp(`^(file://)?${escaped(resolve(import.meta.dirname, '../..'))}/.*\\.js$`)],
}

/**
 * The Vitest plugin: registers the matchers, passes defaults to `sandboxed()` in every worker, makes each test the
 * owner of its runs, and adds the runs to the test's report. It chooses its own environment unless the project has one.
 * A project's `environmentOptions.gradebox` overrides the plugin's options.
 *
 * @throws {SandboxError} OPTION_INVALID, at once, when an option is wrong.
 * @example
 * import { defineConfig } from 'vitest/config'
 * import gradebox from 'gradebox/vitest'
 *
 * export default defineConfig({
 *   plugins: [gradebox({ policy: 'python', limits: { walltime: '5s' } })],
 * })
 */
export function gradebox(all: GradeboxPluginOptions = {}): Plugin {
  try {
    checkOptions(all, 'plugin', {
      reports: (value) => chosenReports(value as ReportsOption),
      submissions: checkFolders,
    })
  } catch (error) {
    rethrowAt(gradebox)(error)
  }
  return plugin(all)
}

export default gradebox

/** The plugin of `gradebox grade`, which runs only the test files of an assignment. */
export function gradingPlugin(options: GradeboxOptions, only: readonly string[]): Plugin {
  return plugin(options, only)
}

function plugin(
  { reports, submissions = [], ...options }: GradeboxPluginOptions,
  only?: readonly string[],
): Plugin {
  // This thread starts Vitest's worker threads. Vitest terminates a worker when a test hangs.
  sweepEndingWorkers()
  return {
    name: 'gradebox',
    enforce: 'post',
    transform(code, id) {
      // Only `gradebox grade` keeps results, which depend on the code of the tests.
      if (cacheInUse() === undefined || !isOwnModule(id)) return undefined
      // The added line is the last one, so the source map of the other lines stays valid.
      return { code: withSource(id, code, (text) => this.parse(text)), map: null }
    },
    config: ({ test }) =>
      test?.server?.deps?.inline === true
        ? undefined
        : { test: { server: { deps: dependencies } } },
    // The plugin does not use `config`, because Vitest 5 drops a plugin's changes to it in inline projects.
    configureVitest({ project, vitest }) {
      const { config } = project
      // A browser cannot run programs, but a browser project may have inherited the plugin.
      if (config.browser?.enabled === true) return
      const merged = mergeOptions(takeOptions(project, options), ownOptions(project))
      if (config.environment === 'node') config.environment = environmentFile
      // If a project has a plugin and also inherits it, Vitest calls the plugin twice.
      if (!config.setupFiles.includes(setupFile)) config.setupFiles.unshift(setupFile)
      const choice = { submissions: [submissions].flat(), only }
      const search = excludeSubmissions(project, choice)
      const defaults = provided(merged, config.root)
      config.environmentOptions = { ...config.environmentOptions, gradebox: defaults }
      project.provide('gradebox', {
        defaults: { ...defaults, workers: workerCount(config, vitest.config) },
        scratchRoot: scratchRoot(vitest),
        showsRuns: showsRuns(vitest),
        search,
      })
      addReporter(vitest)
      addTroubleReporter(vitest)
      addGradingReporter(vitest, reports)
      addWatchedPaths(vitest)
    },
  }
}

type Project = VitestPluginContext['project']

function checkFolders(value: unknown, name: string): void {
  const isPath = (path: unknown) => typeof path === 'string' && path !== ''
  if (![value].flat().every(isPath)) throw invalid(name, 'a path or paths', value)
}

// For each project: its `environmentOptions` before a plugin changed them.
const own = new WeakMap<Project, GradeboxOptions>()

function ownOptions(project: Project): GradeboxOptions {
  const options = own.get(project) ?? project.config.environmentOptions?.gradebox ?? {}
  checkOptions(options, 'plugin')
  own.set(project, options)
  return options
}

// For each project: the merged options of its plugins so far. An inherited plugin comes before the project's own.
const taken = new WeakMap<Project, GradeboxOptions>()

function takeOptions(project: Project, options: GradeboxOptions): GradeboxOptions {
  const all = mergeOptions(taken.get(project) ?? {}, options)
  taken.set(project, all)
  return all
}

const isOwnModule = (id: string): boolean =>
  isAbsolute(id) && !/[\\/]node_modules[\\/]/.test(id) && /\.[cm]?[jt]sx?$/.test(id)

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function sibling(name: string): string {
  const extension = extname(fileURLToPath(import.meta.url))
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url))
}
