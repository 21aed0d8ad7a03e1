import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment'
import type { Circus } from '@jest/types'
import { TestEnvironment as NodeEnvironment } from 'jest-environment-node'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import { declareAssignment } from '../../grading/assignment/assignment.ts'
import type { AssignmentOptions } from '../../grading/assignment/assignment-options.ts'
import { type JestGlobals, jestRunner } from '../../grading/jest-runner.ts'
import { JestGrading } from '../../grading/reporting/jest-events.ts'
import { refuseUnknown } from '../../grading/reporting/jest-students-files.ts'
import { endActiveRuns, shareActiveRuns } from '../../runner/active.ts'
import { checkOptions } from '../../runner/options/check-options.ts'
import { setDefaults } from '../../runner/options/defaults.ts'
import { type OwnedRun, type RunOwner, setOwnerSource } from '../../runner/owner.ts'
import { isSandboxResult } from '../../runner/result.ts'
import { createSandbox, sandboxed } from '../../runner/sandboxed.ts'
import { provided } from '../provided.ts'
import { IsolationNotice } from './isolation-notice.ts'
import { JestTests } from './tests.ts'

/** The value of `globalThis.gradebox`, which `require('gradebox')` returns in CommonJS tests. */
const packageValues = {
  sandboxed,
  createSandbox,
  SandboxError,
  isSandboxError,
  isSandboxResult,
  declareJestAssignment: <Expect>(options: AssignmentOptions, globals: JestGlobals<Expect>) =>
    declareAssignment(options, jestRunner(globals)),
}

/**
 * Jest's `node` environment, for tests that run programs.
 *
 * - `testEnvironmentOptions.gradebox` has the defaults of `sandboxed()`; a file's own defaults are in its
 *   `@jest-environment-options`.
 * - The package is made of ES modules, which tests cannot load without `--experimental-vm-modules`. The environment
 *   loads the package for these tests, and `require('gradebox')` works.
 * - When a test times out, its runs end before the next test starts. A run that no test awaited is an error.
 *
 * @throws {SandboxError} OPTION_INVALID when an option is wrong.
 * @example
 * export default {
 *   testEnvironment: 'gradebox/jest-environment',
 *   testEnvironmentOptions: { gradebox: { limits: { walltime: '2s' } } },
 *   setupFilesAfterEnv: ['gradebox/matchers/jest'],
 * }
 */
export class TestEnvironment extends NodeEnvironment {
  readonly #tests: JestTests
  readonly #grading: JestGrading
  readonly #isolation: IsolationNotice
  readonly #defaults: ReturnType<typeof provided>

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context)
    const { projectConfig, globalConfig } = config
    const options = projectConfig.testEnvironmentOptions.gradebox ?? {}
    checkOptions(options, 'plugin')
    const workers = globalConfig.runInBand ? 1 : globalConfig.maxWorkers
    this.#defaults = { ...provided(options, projectConfig.rootDir), workers }
    this.#tests = new JestTests(this.global)
    this.#isolation = new IsolationNotice(projectConfig)
    this.#grading = new JestGrading((folders) =>
      refuseUnknown(folders, context.testPath, projectConfig),
    )
  }

  override async setup(): Promise<void> {
    await super.setup()
    shareActiveRuns(this.global)
    // Tests that import the package have their own copy of it. Tests that require it share this realm's copy.
    for (const realm of [globalThis, this.global]) {
      setDefaults(this.#defaults, realm)
      setOwnerSource(realm, () => this.#owner())
    }
    // Jest has stored the environment's options under this name.
    Object.defineProperty(this.global, 'gradebox', { value: packageValues, configurable: true })
  }

  #owner(): RunOwner {
    const tests = this.#tests.current()
    const own = (run: OwnedRun) => {
      this.#isolation.note(run)
      tests.own(run)
    }
    return { own }
  }

  /** A condition of the package's `exports`, through which `require('gradebox')` finds `bridge.ts`. */
  override exportConditions(): string[] {
    return [...super.exportConditions(), 'gradebox-jest']
  }

  async handleTestEvent(event: Circus.Event, state: Circus.State): Promise<void> {
    await this.#tests.handle(event, state)
    this.#grading.handle(event, state)
  }

  override async teardown(): Promise<void> {
    setOwnerSource(globalThis, undefined)
    try {
      await endActiveRuns()
      this.#isolation.print()
    } finally {
      await super.teardown()
    }
  }
}

export default TestEnvironment
