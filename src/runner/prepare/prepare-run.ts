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
 * With at least this number of files, the request is made before the launch program starts, in turns with other work.
 */
const MANY_FILES = 200

/**
 * The first stage of a run: makes a plan from its options and the machine's features. It starts no process.
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
  // A small request is made while the launch program starts.
  if (plan === undefined || plan.entries < MANY_FILES) return plan
  const request = await inTurns(plan.requestInPieces(), use.isStopped)
  return request && { ...plan, makeRequest: () => request }
}

/**
 * Every step of a run, in order. It starts no process.
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
