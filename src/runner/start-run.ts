import { closeDescriptor } from '../ffi/libc.ts'
import { stepsInOrder } from '../launcher/plan/plan.ts'
import type { Step } from '../launcher/step.ts'
import { LimitHold } from '../limits/hold.ts'
import { watchThreadReady } from '../limits/watch/watch-thread.ts'
import { LoggedCalls } from '../seccomp/decode/logged-calls.ts'
import type { Cleanup } from './cleanup.ts'
import type { Output } from './io/capture.ts'
import type { Input } from './io/input.ts'
import { type Launched, Launcher } from './launch/launcher.ts'
import type { RunOptions } from './options/run-options.ts'
import { pool } from './pool/pool.ts'
import type { RunPlan } from './prepare/run-plan.ts'

/** The values with which a run is started, apart from its plan. */
export interface StartUse {
  readonly options: Pick<RunOptions, 'limits' | 'warm' | 'exclusive'>
  readonly input: Input
  readonly output: Output
  /** Whether a launch program of the pool may serve the run. */
  readonly mayUsePool: boolean
  /** The run calls this function with all steps of the launch program, when the launch program gets its request. */
  readonly onPlan: ((steps: readonly Step[]) => void) | undefined
  readonly isStopped: () => boolean
  readonly cleanup: Cleanup
}

/** A run whose launch program has its request. */
export interface Started {
  readonly process: Launched
  readonly hold: LimitHold
  /** The calls that the filter logged. */
  readonly logged: LoggedCalls
  /** Whether the launch program had waited in the pool. */
  readonly hasWaited: boolean
}

/**
 * The second stage of a run: from its plan to a process. Takes a launch program from the pool or starts a new launch
 * program, then sends the request.
 *
 * @returns undefined when the run was stopped meanwhile
 * @throws {SandboxError} LIMIT_UNAVAILABLE, SETUP_FAILED, or the error of a request that cannot be planned
 */
export async function startRun(plan: RunPlan, use: StartUse): Promise<Started | undefined> {
  const { options, input, output, mayUsePool, isStopped, cleanup } = use
  const { filter, shape } = plan
  await watchThreadReady()
  if (isStopped()) return undefined
  const ready = mayUsePool ? pool.take(shape) : undefined
  // After the request is sent, discard() does nothing.
  if (ready !== undefined) cleanup.add(() => ready.discard())
  const hold = new LimitHold(options.limits, plan.held, ready?.group)
  cleanup.add(() => hold.release())
  hold.supply(plan.suppliedBytes, plan.hasUnreadable)
  const stdin = input.open(() => ready?.launcher.takeStdin())
  const parts = { stdin, cgroup: hold.cgroup, flow: plan.flow }
  const launcher = ready?.launcher ?? Launcher.start(shape, parts)
  const logged = new LoggedCalls()
  const process = launcher.go({
    makeRequest: () => planned(plan, use.onPlan),
    enterGroup: hold.enterGroup,
    output,
    onLogged: filter.log?.records ? (call) => logged.add(call) : undefined,
    wallTimeMs: options.limits.wallTimeMs,
  })
  cleanup.add(async () => {
    await process.gone()
    if (process.collected !== undefined) closeDescriptor(process.collected)
  })
  // The pool starts no launch programs during an exclusive run, because they would slow that run down.
  if (mayUsePool) cleanup.add(pool.started(shape, options.exclusive ? 0 : options.warm))
  return { process, hold, logged, hasWaited: ready !== undefined }
}

function planned({ image, makeRequest }: RunPlan, onPlan: StartUse['onPlan']) {
  const request = makeRequest()
  onPlan?.(stepsInOrder(image.assembled, request))
  return request
}
