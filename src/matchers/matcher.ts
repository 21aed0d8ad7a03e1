import { brandFailure, type MatcherFailure } from '../feedback/matcher-failure.ts'
import { type AnyResult, isSandboxResult } from '../runner/result.ts'
import { visibleLine } from '../units/visible.ts'
import { isPattern } from './expected.ts'
import { type Finding, failureMessage, type MatcherContext, quote } from './message.ts'

export type { Finding, MatcherContext }

/** The value that a matcher returns to `expect`. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
  /**
   * The reason why the assertion failed, as data. Vitest and Jest keep this data with the error; see
   * `matcherFailureOf()`.
   */
  readonly actual?: MatcherFailure
}

/**
 * The common part of every matcher. The function checks that the received value is a result, calls `find`, and builds
 * the message on demand.
 *
 * @param args - the matcher's arguments as the hint shows them; empty without arguments
 */
export function judge(
  context: MatcherContext,
  name: string,
  args: string,
  received: unknown,
  find: (result: AnyResult) => Finding,
): MatcherResult {
  const hint = () => matcherHint(context, name, args)
  const result = receivedResult(context, hint, received)
  if (result === undefined) return { pass: false, message: hint }
  const finding = find(result)
  const negated = context.isNot === true
  const message = () => failureMessage(context, hint(), result, finding)
  if (finding.pass !== negated) return { pass: finding.pass, message }
  const detail = finding.failure ?? { kind: 'end' as const }
  const actual = brandFailure({ matcher: name, negated, run: endOf(result), ...detail })
  return { pass: finding.pass, message, actual }
}

// Returns only the facts that feedback needs. Vitest and Jest serialize the failure for their reports, and cannot
// serialize a bigint.
function endOf(result: AnyResult): MatcherFailure['run'] {
  const { status, exitCode, signal, usage, limits, syscall } = result
  return {
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    usage,
    limits,
    ...(syscall === undefined
      ? {}
      : { syscall: { name: syscall.name, args: syscall.args.map(Number) } }),
  }
}

/** The first line of every message: `expect(run).resolves.not.toExitWith(3)`. */
function matcherHint({ utils, isNot, promise }: MatcherContext, name: string, args: string) {
  return utils.matcherHint(name, 'run', args, { isNot: isNot ?? false, promise: promise ?? '' })
}

/**
 * The received value as a result. Inside another matcher (`toEqual([expect.toSucceed()])`), the function returns
 * `undefined` for any other value, because this value does not match.
 *
 * @throws {TypeError} in a plain assertion on any other value, for example on a run that the test did not await. `.not`
 *   must not turn this mistake into a pass.
 */
function receivedResult(
  context: MatcherContext,
  hint: () => string,
  received: unknown,
): AnyResult | undefined {
  if (isSandboxResult(received)) return received
  if (context.promise === undefined) return undefined
  throw new TypeError(
    `${hint()}\n\n` +
      'Matcher error: the received value must be the result of a sandboxed run\n' +
      `Received: ${describeValue(context, received)}`,
  )
}

function describeValue({ utils }: MatcherContext, value: unknown): string {
  if (typeof value === 'string') return utils.RECEIVED_COLOR(quote(value))
  if (typeof value !== 'object' || value === null) return utils.printReceived(value)
  if ('then' in value && typeof value.then === 'function') {
    return 'a run that is still pending (a promise); did you forget `await`, or `.resolves`?'
  }
  if ('name' in value && 'message' in value) return visibleLine(`${value.name}: ${value.message}`)
  return visibleLine(`an object of type ${Object.prototype.toString.call(value).slice(8, -1)}`)
}

/**
 * Reads a matcher's argument. A wrong argument throws at once, also with `.not`, because a wrong argument is not a
 * failed assertion.
 *
 * @param args - the arguments as the hint shows them
 * @param read - parses the argument; throws an error that names the expected value
 * @throws {TypeError} with the hint above the message of the error from `read`
 */
export function readArgument<T>(
  context: MatcherContext,
  name: string,
  args: string,
  read: () => T,
): T {
  try {
    return read()
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    const hint = matcherHint(context, name, args)
    throw new TypeError(`${hint}\n\nMatcher error: ${visibleLine(problem)}`)
  }
}

/** An argument as the hint shows it: text in quotes, and cut if the text is long. */
export function printArgument(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'object' && value !== null && !isPattern(value)) return '{…}'
  return visibleLine(String(value))
}
