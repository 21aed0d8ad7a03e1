import { stepsInOrder } from '../../launcher/plan/plan.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { Step } from '../../launcher/step.ts'
import { inTurns } from '../../work.ts'
import { Cleanup } from '../cleanup.ts'
import type { PlannedOptions } from '../options/run-options.ts'
import { leastUsedProcessors } from '../queue/processors.ts'
import { prepareConfined } from './prepare-confined.ts'
import { prepareNamespaced } from './prepare-namespaced.ts'
import type { PlanUse, RunPlan } from './run-plan.ts'

/**
 * If a run has at least this number of files, prepareRun() makes the request before the launch program starts, in turns
 * with other work.
 */
const MANY_FILES = 200

/**
 * The first stage of a run: makes a plan from the run's options and the machine's features. This stage starts no
 * process.
 *
 * @returns undefined when the run was stopped meanwhile
 * @throws {SandboxError} when the run needs a file or a feature that is missing
 */
export async function prepareRun(
  options: PlannedOptions,
  use: PlanUse,
): Promise<RunPlan | undefined> {
  const { separation } = use
  const plan = await (separation.level === 'confined'
    ? prepareConfined(options, separation.by, use)
    : prepareNamespaced(options, separation.level, use))
  // startRun() makes a small request while the launch program starts.
  if (plan === undefined || plan.entries < MANY_FILES) return plan
  const request = await inTurns(plan.requestInPieces(), use.isStopped)
  return request && { ...plan, makeRequest: () => request }
}

/**
 * Returns every step of a run, in order. The function starts no process.
 *
 * @throws {SandboxError} as {@link prepareRun} does
 */
export async function planSteps(
  options: PlannedOptions,
  terminal?: TerminalUse,
): Promise<readonly Step[]> {
  const processors = leastUsedProcessors().slice(0, options.processors)
  const separation = { level: 'full' } as const
  const course = { isStopped: () => false, cleanup: new Cleanup() }
  const plan = await prepareRun(options, { separation, processors, terminal, ...course })
  return plan === undefined ? [] : stepsInOrder(plan.image.assembled, plan.makeRequest())
}
