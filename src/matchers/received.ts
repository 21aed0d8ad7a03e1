import { isSandboxResult, type SandboxResult } from '../runner/result.ts'
import type { MatcherContext } from './context.ts'
import { matcherHint } from './hint.ts'

/** A result whose output is text or bytes, as its `encoding` had it. */
export type AnyResult = SandboxResult<string | Uint8Array>

/**
 * The received value as a result. Inside another matcher (`toEqual([expect.toSucceed()])`) any other
 * value is merely no match: `undefined`.
 *
 * @throws {TypeError} in a plain assertion on anything else, above all on a run not yet awaited;
 * `.not` must not turn that mistake into a pass.
 */
export function receivedResult(
  context: MatcherContext,
  name: string,
  args: string,
  received: unknown,
): AnyResult | undefined {
  if (isSandboxResult(received)) return received
  if (context.promise === undefined) return undefined
  throw new TypeError(
    `${matcherHint(context, name, args)}\n\n` +
      'Matcher error: the received value must be the result of a sandboxed run\n' +
      `Received: ${describeValue(context, received)}`,
  )
}

function describeValue(context: MatcherContext, value: unknown): string {
  if (typeof value !== 'object' || value === null) return context.utils.printReceived(value)
  if ('then' in value && typeof value.then === 'function') {
    return 'a run that is still pending (a promise); did you forget `await`, or `.resolves`?'
  }
  if ('name' in value && 'message' in value) return `${value.name}: ${value.message}`
  return `an object of type ${Object.prototype.toString.call(value).slice(8, -1)}`
}
