import { SandboxError } from '../errors/sandbox-error.ts'
import { wasStarved } from '../runner/judge/starvation.ts'
import type { SandboxResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'

/** The number of further attempts at a run that the machine was too busy to judge. */
export const STARVED_RETRIES = 2

type Ended = Pick<SandboxResult, 'status'> & {
  readonly usage: { readonly wallTimeMs: number; readonly waitTimeMs?: number | undefined }
}

/**
 * The error for a run that reached its walltime because other programs kept it from a processor; undefined for any
 * other run. The machine's load is never a student's fault.
 *
 * @param name of the program, for the staff
 */
export function busyMachineError(name: string, { status, usage }: Ended): SandboxError | undefined {
  if (!wasStarved({ status, usage })) return undefined
  const { wallTimeMs, waitTimeMs = 0 } = usage
  const [waited, wall] = [waitTimeMs, wallTimeMs].map(formatDuration)
  return new SandboxError(
    `The machine was too busy to judge ${name}: it waited for a processor for ${waited} of its ${wall}`,
    {
      code: 'MACHINE_BUSY',
      hint: 'Grade again when the machine has less to do, or with fewer programs at once (`--jobs`), or raise `limits.walltime`.',
    },
  )
}
