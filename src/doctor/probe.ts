import { isSandboxError, type SandboxError } from '../errors/sandbox-error.ts'
import type { Step } from '../launcher/step.ts'
import { loadPolicy } from '../policy/load.ts'
import type { IsolationLevel } from '../runner/isolation/level.ts'
import { normalizeOptions } from '../runner/options/normalize.ts'
import type { SandboxOptions } from '../runner/options/sandbox-options.ts'
import { Run } from '../runner/run.ts'

/** The result of a sandbox that was made only as a test. */
export interface Probe {
  /** The error of the set-up; undefined on success. */
  readonly error: SandboxError | undefined
  /** The steps of the last plan. Gradebox makes another plan when the kernel refuses the first plan. */
  readonly steps: readonly Step[]
}

/** The smallest sandbox; each probe adds the feature that it tests. */
const least = {
  network: 'host',
  share_uts: true,
  proc: 'none',
  limits: { walltime: '10s' },
} as const

/** A policy with little more than the host's programs. */
export const probePolicy = (more: object = {}): object => ({
  ...least,
  mounts: loadPolicy('kiss')
    .mounts.filter(({ type }) => type === 'bind')
    .map((mount) => ({ ...mount, type: 'bind' as const }))
    .map(({ source, target }: { source?: string; target: string }) => ({
      source,
      target,
      optional: true,
    })),
  ...more,
})

/**
 * Makes a sandbox and runs `true` in it.
 *
 * @throws every error except a SandboxError
 * @param level the only level of isolation to try; `full` by default
 */
export async function probe(options: SandboxOptions, level?: IsolationLevel): Promise<Probe> {
  let steps: readonly Step[] = []
  const onPlan = (planned: readonly Step[]) => {
    steps = planned
  }
  try {
    const isolation = level ?? 'full'
    await new Run(normalizeOptions('true', [], { ...options, isolation }, {}), {
      onPlan,
      level,
    }).start()
    return { error: undefined, steps }
  } catch (error) {
    if (!isSandboxError(error)) throw error
    // The set-up succeeded; the sandbox only lacks the program.
    const isReady = error.code === 'PROGRAM_NOT_FOUND' || error.code === 'PROGRAM_NOT_EXECUTABLE'
    return { error: isReady ? undefined : error, steps }
  }
}
