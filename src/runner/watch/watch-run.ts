import { asFileUser } from '../../ffi/confinement.ts'
import type { EndedProcess } from '../../ffi/libc.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import type { Step } from '../../launcher/step.ts'
import type { Held } from '../../limits/hold.ts'
import type { Cleanup } from '../cleanup.ts'
import type { RunDirectory } from '../confined/run-directory.ts'
import type { Input } from '../io/input.ts'
import type { Launched } from '../launch/launcher.ts'
import type { RunOptions } from '../options/run-options.ts'
import type { RunPlan } from '../prepare/run-plan.ts'
import type { Started } from '../start-run.ts'
import { DiskWatch } from './disk-watch.ts'

/** A run with the values that its watch needs. */
export interface WatchUse {
  readonly plan: RunPlan
  readonly limits: RunOptions['limits']
  readonly input: Input
  /** The number of processors of the run. */
  readonly processors: number
  readonly isStopped: () => boolean
  readonly cleanup: Cleanup
}

/** The facts about a run whose program has ended. */
export interface Ended {
  readonly kind: 'ended'
  readonly records: readonly ReportRecord[]
  /** The facts of the control group and the watch. */
  readonly held: Held
  /** How the init ended. Undefined for a run that has no control group and whose init reported the end. */
  readonly init: EndedProcess | undefined
  /** Whether the program's stdin was open and empty at the program's end. */
  readonly awaitsInput: boolean
  /**
   * The number of bytes that the program had written when it exceeded its disk limit; undefined for a program within
   * the limit.
   */
  readonly exceededDiskBytes: number | undefined
}

/** A run whose sandbox could not be set up. */
export interface Failed {
  readonly kind: 'failed'
  /** The failed step; undefined if the report names no step of the plan. */
  readonly step: Step | undefined
  /** The step's result: an errno below zero, or a result that the plan does not expect. */
  readonly result: number
  /** Whether a waiting launch program does this step before it gets its request. */
  readonly isOfImage: boolean
}

/** How a run ended. */
export type Watched = Ended | Failed | { readonly kind: 'stopped' }

/**
 * The third stage of a run: from a process to the facts about its end. Enforces the limits that the kernel does not
 * enforce, and waits until every process has ended.
 *
 * @throws {SandboxError} SETUP_FAILED when Gradebox could not watch the run to its end, or when the report is damaged
 */
export async function watchRun(
  { process, hold }: Started,
  { plan, limits, input, processors, isStopped, cleanup }: WatchUse,
): Promise<Watched> {
  const { directory, flow } = plan
  hold.watch(process, processors, directory && flow.uid)
  const disk = directory && watchDisk(directory, limits.diskBytes, process)
  if (disk !== undefined) cleanup.add(() => disk.stop())
  const records = await process.report
  await disk?.stop()
  const end = records.find((record) => record.kind === 'end')
  if (end !== undefined) directory?.noteEnd()
  else if (isStopped()) return { kind: 'stopped' }
  const failure = records.find((record) => record.kind === 'failure')
  if (failure !== undefined) {
    const { stepAddress, result } = failure
    const step = process.stepAt(stepAddress)
    return { kind: 'failed', step, result, isOfImage: process.isOfImage(stepAddress) }
  }
  // A control group also counts the usage of the init. If the init reported no end, the init's wait status shows how
  // the init ended.
  const init = hold.hasGroup || end === undefined ? await process.gone() : undefined
  const awaitsInput = input.noteEnd()
  const exceededDiskBytes = disk?.exceededBytes
  return { kind: 'ended', records, init, awaitsInput, held: hold.facts(end), exceededDiskBytes }
}

function watchDisk(
  directory: RunDirectory,
  diskBytes: number | undefined,
  process: Launched,
): DiskWatch | undefined {
  if (diskBytes === undefined) return undefined
  return new DiskWatch({
    path: directory.path,
    diskBytes,
    init: () => process.pid,
    asProgram: asProgramOf(directory),
    onExceeded: () => process.stop(),
  })
}

// Root in a container may lack CAP_SYS_PTRACE, the capability to read the files of other users' processes.
function asProgramOf({ ids }: RunDirectory): <T>(look: () => T) => T {
  const uid = ids?.uid
  return uid === undefined ? (look) => look() : (look) => asFileUser(uid, uid, look)
}
