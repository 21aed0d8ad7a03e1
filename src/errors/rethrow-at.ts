import { isSandboxError } from './sandbox-error.ts'

/**
 * Makes a function that rethrows errors. A SandboxError gets the current stack, which begins at the caller of the
 * public function. A test runner then shows the user's line and not a line of Gradebox.
 *
 * @param api the public function that the user called
 */
export function rethrowAt(api: (...args: never[]) => unknown): (error: unknown) => never {
  const here: { stack?: string } = {}
  Error.captureStackTrace(here, api)
  return (error) => {
    if (isSandboxError(error)) {
      const [, ...frames] = here.stack?.split('\n') ?? []
      error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
    }
    throw error
  }
}

/**
 * Wraps functions that throw. The stack of each error begins at the caller of the function, so a test runner shows the
 * user's line and not a line of Gradebox.
 */
export function throwAtCaller<T extends Readonly<Record<string, (...args: never[]) => unknown>>>(
  functions: T,
): T {
  const entries = Object.entries(functions).map(([name, wrapped]) => {
    function outer(this: unknown, ...args: never[]): unknown {
      try {
        return wrapped.apply(this, args)
      } catch (error) {
        if (error instanceof Error) Error.captureStackTrace(error, outer)
        throw error
      }
    }
    return [name, outer]
  })
  return Object.fromEntries(entries)
}
