import { availableParallelism } from 'node:os'

interface WorkerConfig {
  readonly maxWorkers?: number | undefined
  readonly watch?: boolean | undefined
}

/**
 * The number of workers that Vitest runs at once: the project's or the whole run's `maxWorkers`, else
 * Vitest's own default. The default leaves one processor free (in watch mode, half of them).
 */
export function workerCount(project: WorkerConfig, run: WorkerConfig): number {
  const configured = project.maxWorkers ?? run.maxWorkers
  if (configured !== undefined) return configured
  const processors = availableParallelism()
  return Math.max(1, run.watch === true ? Math.floor(processors / 2) : processors - 1)
}
