import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import { O_NONBLOCK } from '../../ffi/constants.ts'
import { ErrnoError } from '../../ffi/errno.ts'
import { type EndedProcess, hasReader, waitUntilReadable } from '../../ffi/libc.ts'
import { type Capture, type OutputBudget, readPipe } from '../io/capture.ts'
import type { Assembled } from '../launcher/image/assemble.ts'
import { makeMemfd, writeAll } from '../launcher/image/memory.ts'
import { LOCK } from '../launcher/plan/plan.ts'
import type { CallRecord } from '../launcher/report/parse.ts'
import { ReportReader } from '../launcher/report/reader.ts'
import type { Segment, Step } from '../launcher/step.ts'
import { Descriptors } from './descriptors.ts'
import {
  assembleRequest,
  type Image,
  type LaunchValues,
  launch,
  spawnError,
  stepAt,
} from './launch.ts'
import { Stopper } from './stopper.ts'

type StreamMode = 'pipe' | 'inherit' | 'ignore'

/** What is settled when a launch program starts: all else comes with its request. */
export interface LauncherShape {
  readonly image: Image
  /** A pipe, or this process's own stdin. */
  readonly stdin: 'pipe' | 'inherit'
  readonly stdout: StreamMode
  readonly stderr: StreamMode
  /** Whether files are collected. */
  readonly collects: boolean
}

/** What is a launch program's own from the start. */
export interface LauncherParts extends LaunchValues {
  /**
   * The descriptor that becomes the program's stdin and stays the caller's; without it, a launch program
   * whose stdin is a pipe gets one of its own.
   */
  readonly stdin?: number | undefined
}

/** What one run asks of a launch program. */
export interface AttemptOptions {
  /** What this run adds; planned while the launch program builds its root. */
  readonly plan: () => Segment
  readonly captures: { readonly stdout: Capture; readonly stderr: Capture }
  readonly budget: OutputBudget
  /** Called for each call that the filter logs. */
  readonly onLogged: (call: CallRecord) => void
  /** The walltime; the init holds it, but for the case that its set-up hangs. */
  readonly walltimeMs: number | undefined
}

/** One launch program that is running, or has run. */
export interface Attempt {
  /** The init's process id; undefined until that is known. */
  readonly pid: number | undefined
  /** The step at an address, for a failure's report. */
  readonly stepAt: (address: number) => Step | undefined
  /** Whether the step at an address is one that builds the root, before the request. */
  readonly isOfRoot: (address: number) => boolean
  /** Ends the run; its report still comes. */
  readonly stop: () => void
  /** All that the launch program reported but logged calls, once the program and all its processes are gone. */
  readonly report: Promise<Buffer>
  /** How the init ended; settles when, after the report, nothing is left of the sandbox. */
  readonly gone: () => Promise<EndedProcess | undefined>
  /** The memfd with the collected files; the caller closes it. */
  readonly collected: number | undefined
}

/** How long the starter may keep us waiting until it has done its part, in ms; it takes a fraction of one. */
const START_MS = 10
/** More than the launch program reports before its request. */
const FIRST_REPORT_SIZE = 256

/** Our ends of a launch program's descriptors. */
interface Ends {
  readonly report: number
  readonly request: number
  readonly stdout: number | undefined
  readonly stderr: number | undefined
  readonly collected: number | undefined
}

/** A pipe for the program's stdin. */
export interface StdinPipe {
  readonly read: number
  readonly write: number
}

/** A launch program that builds its root, then waits for its request: for one run, or to be discarded. */
export class Launcher {
  readonly #image: Image
  readonly #descriptors: Descriptors
  readonly #ends: Ends
  readonly #stopper: Stopper
  readonly #reader: ReportReader
  #onLogged = (_call: CallRecord) => {}
  #stdin: StdinPipe | undefined
  #used = false

  private constructor(
    image: Image,
    started: { stopper: Stopper; ends: Ends; stdin: StdinPipe | undefined },
    descriptors: Descriptors,
  ) {
    this.#image = image
    this.#descriptors = descriptors
    this.#ends = started.ends
    this.#stopper = started.stopper
    this.#reader = new ReportReader({
      onStarted: (init) => this.#stopper.started(init),
      onLogged: (call) => this.#onLogged(call),
    })
    this.#stdin = started.stdin
  }

  /**
   * Starts a launch program.
   *
   * @throws {SandboxError} SETUP_FAILED when it cannot be started; nothing is left open then
   */
  static start(shape: LauncherShape, parts: LauncherParts): Launcher {
    const descriptors = new Descriptors()
    try {
      return Launcher.#start(shape, parts, descriptors)
    } catch (error) {
      descriptors.closeAll()
      throw error instanceof ErrnoError ? spawnError(error) : error
    }
  }

  static #start(
    { image, ...shape }: LauncherShape,
    { stdin, ...values }: LauncherParts,
    descriptors: Descriptors,
  ): Launcher {
    const report = descriptors.pipe()
    const control = descriptors.pipe(O_NONBLOCK)
    const own = stdin === undefined && shape.stdin === 'pipe' ? descriptors.pipe() : undefined
    const stdout = shape.stdout === 'pipe' ? descriptors.pipe() : undefined
    const stderr = shape.stderr === 'pipe' ? descriptors.pipe() : undefined
    const request = descriptors.own(makeMemfd('gradebox-request'))
    const collected = shape.collects ? descriptors.own(makeMemfd('gradebox-collect')) : undefined
    const to = {
      stdin: stdin ?? own?.read ?? 0,
      // A stream that nobody wants: the target opens the sandbox's /dev/null in its place.
      stdout: stdout?.write ?? (shape.stdout === 'inherit' ? 1 : control.read),
      stderr: stderr?.write ?? (shape.stderr === 'inherit' ? 2 : control.read),
      report: report.write,
      control: control.read,
      request,
      collect: collected ?? control.read,
    }
    const starter = launch(image, to, values)
    for (const end of [report.write, control.read, stdout?.write, stderr?.write]) {
      if (end !== undefined) descriptors.close(end)
    }
    const keepsGroup = values.cgroup !== undefined
    const stopper = new Stopper(descriptors.release(control.write), starter, keepsGroup)
    const ends = { report: report.read, request, collected }
    return new Launcher(
      image,
      { stopper, stdin: own, ends: { ...ends, stdout: stdout?.read, stderr: stderr?.read } },
      descriptors,
    )
  }

  /** Whether its processes are there: they may have failed, or somebody may have ended them. */
  get isAlive(): boolean {
    const { control } = this.#stopper
    return control !== undefined && hasReader(control)
  }

  /** The init's process id; undefined while there is none. */
  get pid(): number | undefined {
    if (!this.#used) this.#readStart()
    return this.#stopper.init
  }

  // The beginning of the report, at once: the rest comes by the event loop.
  #readStart(): void {
    if (this.#stopper.init === undefined && waitUntilReadable(this.#ends.report, 0)) {
      this.#readNext()
    }
  }

  // Gives whether there was something to read; waits for that.
  #readNext(): boolean {
    const start = Buffer.allocUnsafe(FIRST_REPORT_SIZE)
    const length = readSync(this.#ends.report, start)
    this.#reader.add(start.subarray(0, length))
    return length > 0
  }

  /** Sees off what of it has done its part, while it waits. */
  settle(): void {
    this.#stopper.awaitStarter(0)
  }

  /** Whether it has, or had, its request. */
  get isUsed(): boolean {
    return this.#used
  }

  /** Hands its own stdin pipe, if it has one, to the caller, who closes both ends. */
  takeStdin(): StdinPipe | undefined {
    const pipe = this.#stdin
    this.#stdin = undefined
    if (pipe !== undefined)
      for (const end of [pipe.read, pipe.write]) this.#descriptors.release(end)
    return pipe
  }

  /**
   * Gives it its request; once only.
   *
   * @throws {SandboxError} when the request cannot be planned; the launch program is gone then
   */
  go(options: AttemptOptions): Attempt {
    if (this.#used) throw new Error('A launch program serves one run')
    this.#used = true
    const { captures, budget, walltimeMs, plan, onLogged } = options
    const { report, stdout, stderr, collected } = this.#ends
    const descriptors = this.#descriptors
    const stopper = this.#stopper
    try {
      this.#onLogged = onLogged
      // Starter and init take two processors. We let them: a child starts on its parent's, and would wait
      // there for our planning.
      stopper.awaitStarter(START_MS)
      this.#readStart()
      stopper.expect(walltimeMs)
      const request = this.#send(plan)
      if (collected !== undefined) descriptors.release(collected)
      const reads = [
        stdout && readPipe(descriptors.release(stdout), budget, captures.stdout),
        stderr && readPipe(descriptors.release(stderr), budget, captures.stderr),
      ]
      const socket = reportSocket(descriptors.release(report))
      const reading = this.#readReport(socket).then(async (bytes) => {
        await Promise.all(reads)
        return bytes
      })
      return {
        get pid() {
          return stopper.init
        },
        stepAt: (address) => stepAt(address, [this.#image.assembled, request]),
        isOfRoot: (address) => address < (this.#image.assembled.symbols.get(LOCK) ?? 0),
        collected,
        stop: () => stopper.stop(),
        report: reading,
        gone: () => stopper.gone(),
      }
    } finally {
      descriptors.closeAll()
    }
  }

  #send(plan: () => Segment): Assembled {
    try {
      const request = assembleRequest(this.#image, plan())
      writeAll(this.#ends.request, request.bytes)
      this.#stopper.go()
      return request
    } catch (error) {
      // Without a request the init exits.
      this.#endNow()
      throw error
    }
  }

  /**
   * Ends it unused; settles when its processes are gone. Does nothing to one that has its request.
   *
   * @param background whether this process may end meanwhile: then the launch program does too
   */
  async discard(background: boolean): Promise<void> {
    if (this.#used) return
    this.#used = true
    this.#stopper.stop()
    const socket = reportSocket(this.#descriptors.release(this.#ends.report))
    this.#descriptors.closeAll()
    if (background) {
      this.#stopper.unref()
      socket.unref()
    }
    await this.#readReport(socket)
    await this.#stopper.gone()
  }

  /** The same, at once: waits, without an event loop, until its processes are gone. */
  discardNow(): void {
    if (this.#used) return
    this.#used = true
    this.#endNow()
    this.#descriptors.closeAll()
  }

  // Whether it has begun or not, its report comes to an end.
  #endNow(): void {
    this.#stopper.stop()
    while (this.#stopper.init === undefined && this.#readNext()) {}
    this.#stopper.goneNow()
  }

  // To its end, at which the init is exiting.
  #readReport(socket: Socket): Promise<Buffer> {
    return new Promise((resolve) => {
      socket.on('data', (chunk: Buffer) => this.#reader.add(chunk))
      socket.on('error', () => {})
      socket.on('close', () => resolve(this.#reader.rest()))
    })
  }
}

const reportSocket = (fd: number): Socket => new Socket({ fd, readable: true, writable: false })
