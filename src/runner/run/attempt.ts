import { Socket } from 'node:net'
import { O_NONBLOCK } from '../../ffi/constants.ts'
import { ErrnoError } from '../../ffi/errno.ts'
import { hasReader, waitUntilReadable } from '../../ffi/libc.ts'
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
  /** The keeper's process id. */
  readonly pid: number
  /** The step at an address, for a failure's report. */
  readonly stepAt: (address: number) => Step | undefined
  /** Whether the step at an address is one that builds the root, before the request. */
  readonly isOfRoot: (address: number) => boolean
  /** Ends the run; its report still comes. */
  readonly stop: () => void
  /** All that the launch program reported but logged calls, once all its processes are gone. */
  readonly report: Promise<Buffer>
  /** The memfd with the collected files; the caller closes it. */
  readonly collected: number | undefined
}

/** How long the keeper may keep us waiting until it has cloned the init, in ms; it takes a fraction of one. */
const KEEPER_START_MS = 10

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
  /** The keeper's process id. */
  readonly pid: number
  readonly #image: Image
  readonly #descriptors: Descriptors
  readonly #ends: Ends
  readonly #stopper: Stopper
  #stdin: StdinPipe | undefined
  #used = false

  private constructor(
    image: Image,
    started: { pid: number; stopper: Stopper; ends: Ends; stdin: StdinPipe | undefined },
    descriptors: Descriptors,
  ) {
    this.#image = image
    this.#descriptors = descriptors
    this.pid = started.pid
    this.#ends = started.ends
    this.#stopper = started.stopper
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
    const pid = launch(image, to, values)
    for (const end of [report.write, control.read, stdout?.write, stderr?.write]) {
      if (end !== undefined) descriptors.close(end)
    }
    const stopper = new Stopper(descriptors.release(control.write), pid)
    const ends = { report: report.read, request, collected }
    return new Launcher(
      image,
      { pid, stopper, stdin: own, ends: { ...ends, stdout: stdout?.read, stderr: stderr?.read } },
      descriptors,
    )
  }

  /** Whether its processes are there: they may have failed, or somebody may have ended them. */
  get isAlive(): boolean {
    const { control } = this.#stopper
    return control !== undefined && hasReader(control)
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
      // The kernel starts a child on its parent's processor, and moves it to an idle one hardly ever before
      // it forks in turn. We let it: what it does from there on is done beside our planning, not after it.
      waitUntilReadable(report, KEEPER_START_MS)
      stopper.expect(walltimeMs)
      const request = this.#send(plan)
      if (collected !== undefined) descriptors.release(collected)
      const reads = [
        stdout && readPipe(descriptors.release(stdout), budget, captures.stdout),
        stderr && readPipe(descriptors.release(stderr), budget, captures.stderr),
      ]
      const socket = reportSocket(descriptors.release(report))
      const reading = readReport(socket, onLogged).then(async (bytes) => {
        stopper.finish()
        await Promise.all(reads)
        return bytes
      })
      return {
        pid: this.pid,
        stepAt: (address) => stepAt(address, [this.#image.assembled, request]),
        isOfRoot: (address) => address < (this.#image.assembled.symbols.get(LOCK) ?? 0),
        collected,
        stop: () => stopper.stop(),
        report: reading,
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
      // Without a request the init exits, and soon after it the keeper.
      this.#stopper.finish()
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
    await readReport(socket, () => {})
    this.#stopper.finish()
  }

  /** The same, at once: waits, without an event loop, until its processes are gone. */
  discardNow(): void {
    if (this.#used) return
    this.#used = true
    this.#stopper.finish()
    this.#descriptors.closeAll()
  }
}

const reportSocket = (fd: number): Socket => new Socket({ fd, readable: true, writable: false })

// Up to the keeper's record, after which it exits, or to the end of file, if it was killed before.
function readReport(socket: Socket, onLogged: (call: CallRecord) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const reader = new ReportReader(onLogged)
    socket.on('data', (chunk: Buffer) => {
      reader.add(chunk)
      if (reader.isWhole) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(reader.rest()))
  })
}
