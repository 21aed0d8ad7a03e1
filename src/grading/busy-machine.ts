import { SandboxError } from '../errors/sandbox-error.ts'
import { wasStarved } from '../runner/judge/starvation.ts'
import type { SandboxResult } from '../runner/result.ts'
import { formatDuration } from '../units/duration.ts'

/** The number of further attempts at a run if the machine was too busy to judge the run. */
export const STARVED_RETRIES = 2

type Ended = Pick<SandboxResult, 'status'> & {
  readonly usage: { readonly wallTimeMs: number; readonly waitTimeMs?: number | undefined }
}

/**
 * The error for a run that reached its walltime limit because other programs used the processors. Undefined for any
 * other run. The machine's load is never a student's fault.
 *
 * @param name the program's name in the message for the staff
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
