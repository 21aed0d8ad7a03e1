import { isSandboxError } from './sandbox-error.ts'

/**
 * Makes a function that rethrows a SandboxError with the current stack, from the caller of a public function
 * on. A test runner then shows the user's line and not a line of Gradebox.
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
