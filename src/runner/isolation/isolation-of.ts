import type { Policy } from '../../policy/policy.ts'
import type { Isolation, IsolationLevel } from './level.ts'

/** How `confined` separates a run on this machine. */
export interface ConfinedBy {
  readonly as: 'root' | 'user'
  readonly landlockAbi: number
}

/** The separation of a run from the machine: by namespaces, or by the protections that replace them. */
export type Separation =
  | { readonly level: 'full' | 'nested'; readonly by?: undefined }
  | { readonly level: 'confined'; readonly by: ConfinedBy }

/** Describes a run's isolation for the run's result. */
export function isolationOf(
  level: IsolationLevel,
  { network, proc }: Pick<Policy, 'network' | 'proc'>,
  confined: ConfinedBy | undefined,
): Isolation {
  const shown = proc === 'none' ? 'none' : level === 'full' ? 'own' : 'shared'
  if (confined !== undefined) {
    return {
      level,
      proc: shown,
      files: `landlock ${confined.landlockAbi}`,
      network: 'filter',
      processes: confined.as === 'root' ? 'uid' : 'tracking',
    }
  }
  return {
    level,
    proc: shown,
    files: 'root',
    network: network === 'host' ? 'host' : 'namespace',
    processes: 'namespace',
  }
}
