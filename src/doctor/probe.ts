import { isSandboxError, type SandboxError } from '../errors/sandbox-error.ts'
import type { Step } from '../launcher/step.ts'
import { loadPolicy } from '../policy/load.ts'
import { normalizeOptions } from '../runner/options/normalize.ts'
import type { SandboxOptions } from '../runner/options/sandbox-options.ts'
import { Run } from '../runner/run/run.ts'

/** How a sandbox that was made only to see whether it can be made went. */
export interface Probe {
  /** Why it could not be set up; undefined when it could. */
  readonly error: SandboxError | undefined
  /** The steps of the last attempt: some are planned anew where the kernel refuses the first way. */
  readonly steps: readonly Step[]
}

/** The least that a sandbox is made of; a probe adds what it is about. */
const least = {
  network: 'host',
  share_uts: true,
  proc: 'none',
  limits: { walltime: '10s' },
} as const

/** A policy that has hardly anything but the host's programs. */
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
 * @throws what is not a SandboxError
 */
export async function probe(options: SandboxOptions): Promise<Probe> {
  let steps: readonly Step[] = []
  const onPlan = (planned: readonly Step[]) => {
    steps = planned
  }
  try {
    await new Run(normalizeOptions('true', [], options, {}), { onPlan }).start()
    return { error: undefined, steps }
  } catch (error) {
    if (!isSandboxError(error)) throw error
    // It was set up, and has no such program.
    const isReady = error.code === 'PROGRAM_NOT_FOUND' || error.code === 'PROGRAM_NOT_EXECUTABLE'
    return { error: isReady ? undefined : error, steps }
  }
}
