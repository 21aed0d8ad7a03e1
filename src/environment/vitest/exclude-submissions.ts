import { relative, resolve } from 'node:path'
import { escapePath, globSync } from 'tinyglobby'
import type { Reporter, TestProject, Vitest } from 'vitest/node'
import {
  globsOf,
  submissionOf,
  submissionPaths,
  type TestSearch,
} from '../../grading/submissions/test-search.ts'
import { visibleLine } from '../../units/visible.ts'

/** The number of skipped files that the notice names. */
const MOST_NAMES = 3

type Config = TestProject['config']

export interface TestFileChoice {
  /** Folders with submissions, relative to the root. */
  readonly submissions: readonly string[]
  /** Absolute paths of the test files to run; by default Vitest runs all test files. */
  readonly only?: readonly string[] | undefined
}

/**
 * Keeps Vitest from running a student's file as a test. Such a test would run outside of the sandbox, with the rights
 * of the user who grades.
 *
 * @returns the folder and the globs with which Vitest now looks for test files
 */
export function excludeSubmissions(
  { config, vitest }: TestProject,
  { submissions, only }: TestFileChoice,
): TestSearch {
  const folder = folderOf(config)
  const files = testFiles(config)
  const named = submissions.map((each) => resolve(config.root, each))
  const paths = submissionPaths(config.root, files, named)
  exclude(config, paths)
  const find = submissionOf(paths)
  const isOfStaff = (file: string) => find(file) === undefined
  if (only !== undefined) {
    config.include = only
      .filter((file) => files.includes(file) && isOfStaff(file))
      .map((file) => escapePath(relative(folder, file)))
    config.includeSource = []
  }
  const skipped = only === undefined ? files.filter((file) => !isOfStaff(file)) : []
  everyProject(vitest).add(paths, skipped)
  return { folder, include: includes(config), exclude: config.exclude }
}

const folderOf = ({ dir, root }: Config): string => dir ?? root

// Vitest's types promise both lists, but `includeSource` is absent by default.
const includes = ({ include, includeSource }: Config): string[] => [
  ...include,
  ...((includeSource as string[] | undefined) ?? []),
]

function testFiles(config: Config): string[] {
  return globSync(includes(config), {
    cwd: folderOf(config),
    ignore: config.exclude,
    absolute: true,
    dot: true,
    expandDirectories: false,
  }).sort()
}

function exclude(config: Config, paths: readonly string[]): void {
  const globs = globsOf(paths, folderOf(config))
  const withGlobs = (list: readonly string[] = []) => [...new Set([...list, ...globs])]
  config.exclude = withGlobs(config.exclude)
  config.typecheck.exclude = withGlobs(config.typecheck.exclude)
  if (config.benchmark !== undefined) config.benchmark.exclude = withGlobs(config.benchmark.exclude)
}

function everyProject({ config }: Vitest): EveryProject {
  const entries: unknown[] = config.reporters
  const known = entries.find((entry) => entry instanceof EveryProject)
  if (known !== undefined) return known
  const added = new EveryProject()
  entries.push(added)
  return added
}

/** Excludes the submissions of one project from every other project too, because a project may have no plugin. */
class EveryProject implements Reporter {
  readonly #paths = new Set<string>()
  readonly #skipped = new Set<string>()

  add(paths: readonly string[], skipped: readonly string[]): void {
    for (const path of paths) this.#paths.add(path)
    for (const file of skipped) this.#skipped.add(file)
  }

  // Vitest calls `onInit` before the search for test files.
  onInit({ projects, config }: Vitest): void {
    for (const project of projects) exclude(project.config, [...this.#paths])
    const skipped = [...this.#skipped].map((file) => visibleLine(relative(config.root, file)))
    if (skipped.length === 0) return
    const files = skipped.length === 1 ? 'test file' : 'test files'
    const names = skipped.slice(0, MOST_NAMES).join(', ')
    const more = skipped.length > MOST_NAMES ? ', …' : ''
    process.stderr.write(
      `gradebox: Vitest does not run ${skipped.length} ${files} in submissions, because they would run outside of the sandbox: ${names}${more}\n`,
    )
  }
}
