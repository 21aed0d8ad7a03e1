import { expect } from 'vitest'
import { isSandboxError, SandboxError, sandboxed } from '../../../src/index.ts'

/** The codes and messages, with their hints, of calls that are refused. */
export async function refusals(...calls: readonly (readonly unknown[])[]): Promise<string> {
  const run = sandboxed as unknown as (...args: readonly unknown[]) => Promise<unknown>
  const texts: string[] = []
  for (const call of calls) {
    const error = await run(...call).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!isSandboxError(error)) throw new Error('The call was not refused', { cause: error })
    expect(error).toBeInstanceOf(SandboxError)
    const text = `${error.code}: ${error.message}`.replace(/(?<=Shipped policies: ).*?\./, '(all).')
    texts.push(text.replaceAll(process.cwd(), '.'))
  }
  return texts.join('\n')
}

/** The same for options of an ordinary call. */
export const withOptions = (...options: readonly object[]) =>
  refusals(...options.map((each) => ['true', [], each]))
