import { availableParallelism } from 'node:os'

interface WorkerConfig {
  readonly maxWorkers?: number | undefined
  readonly watch?: boolean | undefined
}

/**
 * The number of workers that Vitest runs at once. This is the project's `maxWorkers`, else the `maxWorkers` of the
 * whole test run, else Vitest's default. The default leaves one processor free, or half of the processors in watch
 * mode.
 */
export function workerCount(project: WorkerConfig, run: WorkerConfig): number {
  const configured = project.maxWorkers ?? run.maxWorkers
  if (configured !== undefined) return configured
  const processors = availableParallelism()
  return Math.max(1, run.watch === true ? Math.floor(processors / 2) : processors - 1)
}
