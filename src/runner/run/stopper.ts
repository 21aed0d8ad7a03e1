import { writeSync } from 'node:fs'
import { noteChild } from '../../ffi/ended-threads.ts'
import {
  closeDescriptor,
  type EndedProcess,
  killProcess,
  waitForProcess,
  waitShortly,
} from '../../ffi/libc.ts'
import { clearTimeout, pause, setTimeout } from '../../globals.ts'
import { DISMISSED } from '../../launcher/plan/starter.ts'
import { SIGKILL } from '../../linux/constants.ts'

/** How long a stopped run may take to clean up before the init is killed, and all with it, in ms. */
const STOP_GRACE_MS = 5000

/** How much longer than its walltime a run may take, set-up and clean-up included, in ms. */
const SETUP_GRACE_MS = 30_000
/** setTimeout takes no more. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff

/** Any byte in the control pipe ends the run. */
const STOP = 'x'

/** How long this process stands still for an init that is exiting: it takes a fraction of that, in ms. */
const EXIT_MS = 1
/** How often it is looked at then: the kernel may have gigabytes of its files to let go of, in ms. */
const LOOK_MS = 2

/** The caller's side of a launch program's life: says stop, and sees it off. */
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
   * @param control the write end of its control pipe, which is now ours to close
   * @param starter the process that was spawned
   * @param keepsGroup whether that stays, as its control group's keeper, until it is dismissed
   */
  constructor(control: number, starter: number, keepsGroup: boolean) {
    this.#control = control
    this.#starter = starter
    this.#keepsGroup = keepsGroup
  }

  /** The write end of the control pipe; undefined once it was told to stop. */
  get control(): number | undefined {
    return this.#control
  }

  /** The init's process id, once the launch program has told it. */
  get init(): number | undefined {
    return this.#init
  }

  /** Says how to look for the init's process id in what was not read yet, which then tells {@link started}. */
  findInitBy(look: () => void): void {
    this.#lookForInit = look
  }

  /** The launch program has told its init's process id. */
  started(init: number): void {
    this.#init = init
    noteChild(init)
    if (this.#isLate) killProcess(init, SIGKILL)
  }

  /** Stops a run that does not end, although its walltime is long over: its set-up hangs. */
  expect(wallTimeMs: number | undefined): void {
    if (wallTimeMs === undefined || this.#control === undefined) return
    const latest = Math.min(LONGEST_TIMEOUT_MS, wallTimeMs + SETUP_GRACE_MS)
    this.#timer = setTimeout(() => this.stop(), latest)
  }

  stop(): void {
    if (this.#control === undefined) return
    this.#say(this.#control)
    this.#close()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#kill(), STOP_GRACE_MS)
  }

  // The watch of the limits has a write end too, so closing ours is not the pipe's end.
  #say(control: number): void {
    try {
      writeSync(control, STOP)
    } catch {
      // Nobody reads: the init has ended.
    }
  }

  // They are our children and not waited for yet: their pids are nobody else's.
  #kill(): void {
    if (this.#init === undefined) this.#lookForInit()
    this.#isLate = true
    if (this.#starter !== undefined) killProcess(this.#starter, SIGKILL)
    if (this.#init !== undefined && this.#ended === undefined) killProcess(this.#init, SIGKILL)
  }

  /**
   * When the report is at its end: the init is exiting, and gone soon.
   *
   * @returns how it ended; undefined when it never was
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

  /** The same without an event loop. */
  goneNow(): void {
    this.#letGo()
    if (this.#init !== undefined) this.#ended ??= waitForProcess(this.#init)
    this.#dismissStarter()
  }

  /** Waits, but not for long, until the starter has done its part, and sees it off. */
  awaitStarter(timeoutMs: number): void {
    if (this.#starter === undefined || this.#keepsGroup) return
    const ended = waitShortly(this.#starter, timeoutMs)
    if (ended === undefined) return
    this.#starter = undefined
    // It told its init's number before it exited: should this thread be terminated, the next has to know it.
    if (this.#init === undefined) this.#lookForInit()
    // Failed or killed: the init may wait for it.
    if (ended.status !== 0) this.stop()
  }

  // It exits, or is told to: it has nothing more to do.
  #dismissStarter(): void {
    if (this.#starter === undefined) return
    if (this.#keepsGroup) killProcess(this.#starter, DISMISSED)
    waitForProcess(this.#starter)
    this.#starter = undefined
  }

  /** Its timer keeps this process alive no longer: nobody waits for what it sees off. */
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
