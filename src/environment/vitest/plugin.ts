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
   * The reports of graded tests: for each kind of report, a path relative to the root. `GRADEBOX_REPORTS` adds reports.
   *
   * @default { json: 'gradebox-report.json' }
   * @example { gradescope: '/autograder/results/results.json', csv: 'grades.csv' }
   */
  readonly reports?: ReportsOption
  /**
   * Folders with students' files, relative to the root. Vitest runs no test file in these folders. The plugin finds a
   * folder without this option if a test file names the folder as `submissions`.
   *
   * @default ['submissions']
   */
  readonly submissions?: string | readonly string[]
}

declare module 'vitest' {
  interface TaskMeta {
    /** The sandboxed runs of the test, with the time and the memory that the runs used. */
    gradebox?: RunsSummary
    /** Only in the `meta` of a test file: the host paths that the options of the file's runs name. */
    gradeboxHostPaths?: readonly string[]
  }
}

const environmentFile = sibling('environment')
const setupFile = sibling('setup')

// Vitest imports a file from node_modules once per worker, but the setup file must run once per test file. `inline`
// therefore names the setup file. A linked package is not in node_modules, so `external` keeps Vitest from transforming
// the package's other files.
const dependencies = {
  inline: [/[\\/]environment[\\/]vitest[\\/]setup\.[jt]s$/],
  external: [new RegExp(`^(file://)?${escaped(resolve(import.meta.dirname, '../..'))}/.*\\.js$`)],
}

/**
 * The Vitest plugin registers the matchers, and passes defaults to `sandboxed()` in every worker. Each test becomes the
 * owner of the runs that it starts, and the plugin adds the runs to the test's report. The plugin selects Gradebox's
 * environment unless the project selects another one. A project's `environmentOptions.gradebox` overrides the plugin's
 * options.
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

/** The plugin that `gradebox grade` uses. With this plugin, Vitest runs only the test files of an assignment. */
export function gradingPlugin(options: GradeboxOptions, only: readonly string[]): Plugin {
  return plugin(options, only)
}

function plugin(
  { reports, submissions = [], ...options }: GradeboxPluginOptions,
  only?: readonly string[],
): Plugin {
  // Vitest terminates a worker thread when a test hangs. This thread starts the workers, so this thread closes the
  // descriptors that a terminated worker left open.
  sweepEndingWorkers()
  return {
    name: 'gradebox',
    enforce: 'post',
    transform(code, id) {
      // Only `gradebox grade` keeps results. A kept result is valid only for the same code of the tests.
      if (cacheInUse() === undefined || !isOwnModule(id)) return undefined
      // `withSource()` adds one line at the end, so the source map of the other lines stays valid.
      return { code: withSource(id, code, (text) => this.parse(text)), map: null }
    },
    config: ({ test }) =>
      test?.server?.deps?.inline === true
        ? undefined
        : { test: { server: { deps: dependencies } } },
    // The plugin makes these changes here and not in the hook `config`, because in inline projects Vitest 5 drops the
    // changes of that hook.
    configureVitest({ project, vitest }) {
      const { config } = project
      // A browser cannot run programs, but a browser project may have inherited the plugin.
      if (config.browser?.enabled === true) return
      const merged = mergeOptions(takeOptions(project, options), ownOptions(project))
      if (config.environment === 'node') config.environment = environmentFile
      // If a project has its own Gradebox plugin and also inherits one, Vitest calls both plugins.
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

// The `environmentOptions.gradebox` of each project, from before a plugin changed them.
const own = new WeakMap<Project, GradeboxOptions>()

function ownOptions(project: Project): GradeboxOptions {
  const options = own.get(project) ?? project.config.environmentOptions?.gradebox ?? {}
  checkOptions(options, 'plugin')
  own.set(project, options)
  return options
}

// The merged options of the plugins that Vitest has called so far for each project. Vitest calls an inherited plugin
// before the project's own plugin.
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
