import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

/** Makes watch mode run a test file again when a submission changes, or when another host file of the runs changes. */
export function addWatchedPaths(vitest: Vitest): void {
  const { config } = vitest
  const entries: unknown[] = config.reporters
  if (!config.watch || entries.some((entry) => entry instanceof WatchedPaths)) return
  const watched = new WatchedPaths(vitest)
  entries.push(watched)
  const trigger = { pattern: /^/, testsToRun: (path: string) => watched.testFilesOf(path) }
  config.watchTriggerPatterns = [...(config.watchTriggerPatterns ?? []), trigger]
}

/** Collects the host paths that a test file's runs use. Collects the paths when the test file ends. */
class WatchedPaths implements Reporter {
  readonly #vitest: Vitest
  readonly #testFiles = new Map<string, Set<string>>()

  constructor(vitest: Vitest) {
    this.#vitest = vitest
  }

  onTestModuleEnd(module: TestModule): void {
    const file = module.moduleId
    const submissions = [...module.children.allTests()].flatMap((each) => submissionPaths(each))
    const named = module.meta().gradeboxHostPaths ?? []
    const all = new Set([...submissions, ...named])
    for (const path of all) if (isWatched(path, file)) this.#add(path, file)
  }

  /** The test files to run again after a change of this path; undefined if there are no such files. */
  testFilesOf(changed: string): string[] | undefined {
    const files = [...this.#testFiles].flatMap(([path, tests]) =>
      changed === path || changed.startsWith(`${path}/`) ? [...tests] : [],
    )
    return files.length === 0 ? undefined : [...new Set(files)]
  }

  #add(path: string, testFile: string): void {
    const known = this.#testFiles.get(path)
    if (known !== undefined) known.add(testFile)
    else {
      this.#testFiles.set(path, new Set([testFile]))
      this.#vitest.vite.watcher.add(path)
    }
  }
}

// The paths include the folder of the submissions, so that Vitest notices a new submission. A submission from an
// export, such as a zip file, is a copy that does not change, so Vitest watches the export instead.
function submissionPaths(test: TestCase): string[] {
  const { gradeboxSource: source, gradeboxPlaces: places = [] } = test.meta()
  if (source === undefined) return []
  const isCopy = places.length > 0 && !places.some((place) => `${source}/`.startsWith(`${place}/`))
  return isCopy ? [...places] : [source, dirname(source), ...places]
}

// Vitest does not watch a folder that contains the test file, because the folder also contains the reports. A report
// that one test run writes would start the next test run. Vitest also does not watch built programs and scratch
// directories, because they belong to one test run.
const isWatched = (path: string, testFile: string): boolean =>
  !testFile.startsWith(`${path}/`) && !path.includes('/gradebox-builds-') && existsSync(path)
