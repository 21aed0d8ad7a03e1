import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import { type GradedMeta, testKey } from '../report/test-outcome.ts'
import type { ReportsOption } from '../writers/reports-option.ts'
import { GradingSession } from './session.ts'
import type { UncaughtError } from './vitest-uncaught.ts'

/** Adds the grading reporter to a Vitest once. A later plugin adds only its reports to this reporter. */
export function addGradingReporter({ config }: Vitest, reports: ReportsOption | undefined): void {
  const entries: unknown[] = config.reporters
  const known = entries.find((entry) => entry instanceof GradingReporter)
  if (known !== undefined) known.addReports(reports)
  else entries.push(new GradingReporter(reports))
}

/** Collects the outcomes of graded tests, and writes the reports. Without a graded test, the reporter does nothing. */
class GradingReporter implements Reporter {
  #reports: ReportsOption | undefined
  #vitest: Vitest | undefined
  #session: GradingSession | undefined

  constructor(reports: ReportsOption | undefined) {
    this.#reports = reports
  }

  addReports(reports: ReportsOption | undefined): void {
    this.#reports = { ...this.#reports, ...reports }
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunStart(): void {
    const root = this.#vitest?.config.root ?? process.cwd()
    const print = (text: string) => process.stderr.write(text)
    this.#session = new GradingSession(this.#reports, root, print, this.#isOwnTerminal())
  }

  onTestModuleCollected(module: TestModule): void {
    for (const test of module.children.allTests()) {
      const meta = gradedMeta(test)
      if (meta !== undefined) this.#session?.plan(meta)
    }
  }

  onTestCaseResult(test: TestCase): void {
    const meta = gradedMeta(test)
    const { state, errors = [] } = test.result()
    if (meta === undefined || state === 'skipped' || state === 'pending') return
    const outcome = meta.gradeboxOutcome
    const reasons = errors.map(({ message }) => message).join('\n')
    if (outcome === undefined) this.#session?.end(meta, `The test did not end: ${reasons}`)
    else if (state === 'failed' && outcome.status === 'passed') {
      this.#session?.end(meta, `The test failed after it was judged: ${reasons}`)
    } else this.#session?.end(meta, outcome)
  }

  onTestRunEnd(modules: readonly TestModule[], uncaught: readonly UncaughtError[]): void {
    for (const module of modules) {
      const errors = [...module.errors(), ...uncaught].map(({ message }) => message)
      const left = uncaught.filter((error) => error.VITEST_TEST_PATH === module.moduleId)
      for (const test of module.children.allTests()) {
        this.#endLost(test, errors)
        this.#endUncaught(test, left)
      }
    }
    this.#session?.finish({
      fileErrors: modules.flatMap((module) => module.errors().map(({ message }) => message)),
      uncaught: uncaught.map(({ message }) => message),
    })
  }

  // An error that names no test may belong to any test of the file, so the error fails all these tests.
  #endUncaught(test: TestCase, uncaught: readonly UncaughtError[]): void {
    const meta = gradedMeta(test)
    const outcome = meta?.gradeboxOutcome
    if (meta === undefined || outcome === undefined || outcome.status === 'error') return
    const error = uncaught.find(
      ({ gradeboxTest: named = testKey(meta) }) => named === testKey(meta),
    )
    if (error === undefined) return
    this.#session?.end(meta, `The test failed after it was judged: ${error.message}`)
  }

  // A killed worker reports nothing, so its tests are still pending.
  #endLost(test: TestCase, errors: readonly string[]): void {
    const meta = gradedMeta(test)
    if (meta === undefined || this.#session?.hasEnded(meta) !== false) return
    if (test.result().state !== 'pending' || errors.length === 0) return
    this.#session.end(
      meta,
      `The test worker ended before the test did: ${errors.join('\n').replace(/\.$/, '')}. Grade again.`,
    )
  }

  // Vitest's own reporters draw on the terminal, and a changing line would damage their output.
  #isOwnTerminal(): boolean {
    const names = this.#vitest?.config.reporters.map((entry) =>
      Array.isArray(entry) ? entry[0] : entry,
    )
    return process.stderr.isTTY === true && names?.some((name) => typeof name === 'string') !== true
  }
}

function gradedMeta(test: TestCase): GradedMeta | undefined {
  const meta = test.meta()
  return meta.gradeboxAssignment === undefined ? undefined : (meta as GradedMeta)
}
