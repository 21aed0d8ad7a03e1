import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { type GradedMeta, testKey } from '../report/test-outcome.ts'

/** An error that no test caught, as Vitest passes it to reporters. */
export interface UncaughtError {
  readonly message: string
  readonly VITEST_TEST_PATH?: unknown
  /** The {@link testKey} of the graded test whose code threw the error. */
  readonly gradeboxTest?: unknown
}

// The symbol is in the global registry, because Vitest loads this module again for each test file of a worker.
const slot = Symbol.for('gradebox.gradedTest')

/**
 * Runs the code of a graded test. An uncaught error of this code gets the key of the test, even after the test's end.
 * Vitest itself names the test that started last. This name is often wrong, because graded tests run concurrently.
 */
export function runAs<T>(meta: GradedMeta, test: () => Promise<T>): Promise<T> {
  return currentTest().run(testKey(meta), test)
}

function currentTest(): AsyncLocalStorage<string> {
  const known: AsyncLocalStorage<string> | undefined = Reflect.get(globalThis, slot)
  if (known !== undefined) return known
  const tests = new AsyncLocalStorage<string>()
  Reflect.set(globalThis, slot, tests)
  nameTests('uncaughtException', tests)
  // The second argument of this event is a promise. The listener passes the promise on unchanged.
  nameTests('unhandledRejection' as 'uncaughtException', tests)
  return tests
}

// Vitest ignores an error when there is another listener, because that listener may have handled the error. This
// listener therefore removes itself while it calls Vitest's listener. Node then calls Vitest's listener a second time.
// The second call does nothing.
function nameTests(event: 'uncaughtException', tests: AsyncLocalStorage<string>): void {
  const listener: NodeJS.UncaughtExceptionListener = (reason, origin) => {
    const test = tests.getStore()
    process.off(event, listener)
    const [vitest, ...others] = process.listeners(event)
    if (vitest !== undefined && others.length === 0) vitest(named(reason, test), origin)
    process.prependListener(event, listener)
  }
  process.prependListener(event, listener)
}

// A test may throw any value, also a string.
function named(reason: Error, test: string | undefined): Error {
  if (test === undefined) return reason
  const error = Object.isExtensible(reason) ? reason : new Error(inspect(reason))
  return Object.assign(error, { gradeboxTest: test })
}
