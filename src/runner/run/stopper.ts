import { writeSync } from 'node:fs'
import { SIGKILL } from '../../ffi/constants.ts'
import { closeDescriptor, killProcess, waitForProcess } from '../../ffi/libc.ts'

/** How long a stopped run may take to clean up before the keeper is killed with all it keeps, in ms. */
const STOP_GRACE_MS = 5000

/** How much longer than its walltime a run may take, set-up and clean-up included, in ms. */
const SETUP_GRACE_MS = 30_000
/** setTimeout takes no more. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff

/** The caller's side of a launch program's life: says go, says stop, and sees it off. */
export class Stopper {
  #control: number | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #keeper: number

  /** @param control the write end of its control pipe, which is now ours to close */
  constructor(control: number, keeper: number) {
    this.#control = control
    this.#keeper = keeper
  }

  /** The write end of the control pipe; undefined once it was told to stop. */
  get control(): number | undefined {
    return this.#control
  }

  /** Stops a run that does not end, although its walltime is long over: its set-up hangs. */
  expect(walltimeMs: number | undefined): void {
    if (walltimeMs === undefined) return
    const latest = Math.min(LONGEST_TIMEOUT_MS, walltimeMs + SETUP_GRACE_MS)
    this.#timer = setTimeout(() => this.stop(), latest)
  }

  go(): void {
    if (this.#control === undefined) return
    try {
      writeSync(this.#control, 'g')
    } catch (error) {
      // It has failed already, and its report says at what.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    }
  }

  stop(): void {
    if (this.#control === undefined) return
    this.#close()
    clearTimeout(this.#timer)
    // The keeper is our child and not waited for yet: its pid is nobody else's.
    this.#timer = setTimeout(() => killProcess(this.#keeper, SIGKILL), STOP_GRACE_MS)
  }

  /** When the report is whole, or no request was sent: the keeper is exiting, waiting is short. */
  finish(): void {
    clearTimeout(this.#timer)
    this.#close()
    waitForProcess(this.#keeper)
  }

  /** Its timer keeps this process alive no longer: nobody waits for what it sees off. */
  unref(): void {
    this.#timer?.unref()
  }

  #close(): void {
    if (this.#control !== undefined) closeDescriptor(this.#control)
    this.#control = undefined
  }
}
