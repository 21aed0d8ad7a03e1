import type { SandboxOptions } from '../../runner/options/sandbox-options.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { sandboxed } from '../../runner/sandboxed.ts'
import { busyMachineError, STARVED_RETRIES } from '../busy-machine.ts'
import type { Command, Language } from './language.ts'

/** The policy under which a language's tools run. */
export function buildPolicy({ compile, compilePolicy, policy }: Language): string | URL | object {
  return compile === undefined ? (policy ?? 'strict') : (compilePolicy ?? 'c')
}

/**
 * Runs a compiler or interpreter under the policy of the language's builds. A run that failed because it waited for a
 * processor gets further attempts.
 *
 * @param name the name of the run in messages for the staff
 * @throws {SandboxError} MACHINE_BUSY if every attempt waited for a processor
 */
export async function runTool(
  name: string,
  language: Language,
  [command, ...args]: Command,
  options: Pick<SandboxOptions, 'limits' | 'files' | 'mounts' | 'workdir' | 'collect'>,
): Promise<SandboxResult> {
  const run = await sandboxed(command, args, {
    ...options,
    policy: buildPolicy(language),
    retryWhenStarved: STARVED_RETRIES,
  })
  const busy = busyMachineError(name, run)
  if (busy !== undefined) throw busy
  return run
}
