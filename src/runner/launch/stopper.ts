import { writeSync } from 'node:fs'
import {
  closeDescriptor,
  type EndedProcess,
  killProcess,
  waitForProcess,
  waitShortly,
} from '../../ffi/libc.ts'
import { listChild } from '../../ffi/thread-list.ts'
import { clearTimeout, pause, setTimeout } from '../../globals.ts'
import { DISMISSED } from '../../launcher/plan/starter.ts'
import { SIGKILL } from '../../linux/constants.ts'

/** The time in ms that a stopped run gets to clean up. After that, this process kills the init and so the sandbox. */
const STOP_GRACE_MS = 5000

/** The time in ms that a run may take beyond its walltime, including set-up and clean-up. */
const SETUP_GRACE_MS = 30_000
/** The longest time that setTimeout accepts. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff

/** Any byte in the control pipe ends the run. */
const STOP = 'x'

/** The longest time in ms that this process blocks for an exiting init. Most inits need a fraction of this time. */
const EXIT_MS = 1
/**
 * The interval in ms at which this process checks the exiting init after EXIT_MS. The kernel may have gigabytes of
 * files to release.
 */
const LOOK_MS = 2

/** Ends a launch program for the caller: asks the program to end, waits for its processes, and kills late processes. */
export class Stopper {
  #control: number | undefined
  #timer: NodeJS.Timeout | undefined
  #starter: number | undefined
  #init: number | undefined
  readonly #keepsGroup: boolean
  #isLate = false
  #lookForInit = () => {}
  #ended: EndedProcess | undefined

  /**
   * @param control the write end of the launch program's control pipe, which this object closes
   * @param starter the starter's process id
   * @param keepsGroup whether the starter keeps its control group alive until this object dismisses the starter
   */
  constructor(control: number, starter: number, keepsGroup: boolean) {
    this.#control = control
    this.#starter = starter
    this.#keepsGroup = keepsGroup
  }

  /** The write end of the control pipe; undefined after the request to stop. */
  get control(): number | undefined {
    return this.#control
  }

  /** The init's process id, once the launch program has reported it. */
  get init(): number | undefined {
    return this.#init
  }

  /**
   * Sets a function that looks for the init's process id in unread data, and calls {@link started} with a found id.
   */
  findInitBy(look: () => void): void {
    this.#lookForInit = look
  }

  /** Notes the init's process id, which the launch program has reported. */
  started(init: number): void {
    this.#init = init
    listChild(init)
    if (this.#isLate) killProcess(init, SIGKILL)
  }

  /** Sets a timer that stops the run long after its walltime, in case its set-up hangs. */
  expect(wallTimeMs: number | undefined): void {
    if (wallTimeMs === undefined || this.#control === undefined) return
    const latest = Math.min(LONGEST_TIMEOUT_MS, wallTimeMs + SETUP_GRACE_MS)
    this.#timer = setTimeout(() => this.stop(), latest)
  }

  stop(): void {
    if (this.#control === undefined) return
    this.#writeStop(this.#control)
    this.#close()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#kill(), STOP_GRACE_MS)
  }

  // The watch has a write end too, so the pipe would not end when this object closes its own write end. This function
  // therefore writes a byte.
  #writeStop(control: number): void {
    try {
      writeSync(control, STOP)
    } catch {
      // The init has ended, so there is nothing to stop.
    }
  }

  // The starter and the init are children that this process has not reaped, so no other process has their pids.
  #kill(): void {
    if (this.#init === undefined) this.#lookForInit()
    this.#isLate = true
    if (this.#starter !== undefined) killProcess(this.#starter, SIGKILL)
    if (this.#init !== undefined && this.#ended === undefined) killProcess(this.#init, SIGKILL)
  }

  /**
   * Waits for the init's end. Call it after the end of the report, when the init is exiting.
   *
   * @returns how the init ended; undefined when there was no init
   */
  async gone(): Promise<EndedProcess | undefined> {
    this.#letGo()
    const init = this.#init
    if (init !== undefined) {
      this.#ended ??= waitShortly(init, EXIT_MS)
      while (this.#ended === undefined) {
        await pause(LOOK_MS)
        this.#ended ??= waitShortly(init, 0)
      }
    }
    this.#dismissStarter()
    return this.#ended
  }

  /** Waits for the init's end as {@link gone} does, but without an event loop. */
  goneNow(): void {
    this.#letGo()
    if (this.#init !== undefined) this.#ended ??= waitForProcess(this.#init)
    this.#dismissStarter()
  }

  /** Waits a short time until the starter has done its work, and reaps the starter. */
  awaitStarter(timeoutMs: number): void {
    if (this.#starter === undefined || this.#keepsGroup) return
    const ended = waitShortly(this.#starter, timeoutMs)
    if (ended === undefined) return
    this.#starter = undefined
    // The starter reported its init's process id before the starter exited. If this thread is terminated, the thread
    // that cleans up needs the init's process id.
    if (this.#init === undefined) this.#lookForInit()
    // The starter failed or was killed, and the init may still wait for the starter.
    if (ended.status !== 0) this.stop()
  }

  // Reaps the starter. A starter that keeps its control group exits only after the signal DISMISSED.
  #dismissStarter(): void {
    if (this.#starter === undefined) return
    if (this.#keepsGroup) killProcess(this.#starter, DISMISSED)
    waitForProcess(this.#starter)
    this.#starter = undefined
  }

  /** Lets this process exit before the timer fires. */
  unref(): void {
    this.#timer?.unref()
  }

  #letGo(): void {
    clearTimeout(this.#timer)
    this.#close()
  }

  #close(): void {
    if (this.#control !== undefined) closeDescriptor(this.#control)
    this.#control = undefined
  }
}
