import type { Circus } from '@jest/types'
import { forgottenError, interruptedError } from '../leftover-error.ts'
import { TestRuns } from '../test-runs.ts'

/** The key, on the global object, of the function through which the matchers report the running test. */
const slot = Symbol.for('gradebox.currentJestTest')

interface Realm {
  [slot]?: () => object | undefined
}

/** The runs that each test of a file started, and the runs that the file started outside its tests. */
export class JestTests {
  readonly #realm: Realm
  readonly #runs = new Map<object, TestRuns>()
  readonly #fileRuns = new TestRuns()
  #running: object | undefined

  /** @param realm - The tests' global object. */
  constructor(realm: object) {
    this.#realm = realm
  }

  /** The owner of a run that starts now. */
  current(): TestRuns {
    // Without the matchers, the owner is the test that started last. With concurrent tests, this owner may be wrong.
    const test = this.#realm[slot]?.() ?? this.#running
    return (test && this.#runs.get(test)) ?? this.#fileRuns
  }

  /** Follows the events of jest-circus. At each event, jest-circus waits for this function. */
  async handle(event: Circus.Event, state: Circus.State): Promise<void> {
    switch (event.name) {
      case 'test_start':
        this.#running = event.test
        this.#runs.set(event.test, new TestRuns())
        return
      case 'test_fn_failure':
      case 'hook_failure':
        if (event.test !== undefined && isTimeout(event.error)) {
          this.#runs.get(event.test)?.interrupt()
        }
        return
      case 'test_done':
        await this.#end(event.test)
        return
      case 'run_finish':
        await this.#endFile(state)
        return
    }
  }

  async #end(test: Circus.TestEntry): Promise<void> {
    const runs = this.#runs.get(test)
    if (this.#running === test) this.#running = undefined
    if (runs === undefined) return
    const left = await runs.end()
    const error =
      interruptedError(left) ??
      (test.errors.length === 0 ? forgottenError(left, 'test') : undefined)
    if (error !== undefined) test.errors.push(error)
  }

  async #endFile({ unhandledErrors }: Circus.State): Promise<void> {
    const error = forgottenError(await this.#fileRuns.end(), 'test file')
    if (error !== undefined) unhandledErrors.push(error)
  }
}

// When a test or a hook times out, jest-circus reports a string and not an Error.
function isTimeout(error: unknown): boolean {
  const message = typeof error === 'string' ? error : error instanceof Error ? error.message : ''
  return message.startsWith('Exceeded timeout of ')
}
