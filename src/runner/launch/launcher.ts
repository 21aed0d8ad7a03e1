import { fchownSync, writeSync } from 'node:fs'
import { type EndedProcess, hasReader, makeCounter } from '../../ffi/libc.ts'
import { makeSocketPair } from '../../ffi/passing.ts'
import { listReport, reportMemory } from '../../ffi/thread-list.ts'
import { setTimeout } from '../../globals.ts'
import type { Assembled } from '../../launcher/image/assemble.ts'
import { makeMemfd, writeAll } from '../../launcher/image/memory.ts'
import type { Collection } from '../../launcher/plan/collect-steps.ts'
import { WATCH } from '../../launcher/plan/supervise.ts'
import type { CallRecord, ReportRecord } from '../../launcher/report/parse-report.ts'
import { ReportReader } from '../../launcher/report/reader.ts'
import type { Step } from '../../launcher/step.ts'
import { O_NONBLOCK } from '../../linux/constants.ts'
import { ErrnoError } from '../../linux/errno.ts'
import type { Capture, Output } from '../io/capture.ts'
import type { Pipe } from '../io/input.ts'
import { PipeEnd } from '../io/pipe-end.ts'
import { type Image, type LaunchValues, launch, spawnError, stepAt } from './launch.ts'
import { Descriptors } from './owned-descriptors.ts'
import { readToEnd, type Stream } from './read-to-end.ts'
import { Stopper } from './stopper.ts'
import { sweepThreads } from './sweep.ts'

type StreamMode = 'pipe' | 'inherit' | 'ignore'

/** The properties of a launch program that are fixed when it starts. The request adds the others. */
export interface LauncherShape {
  readonly image: Image
  /** A pipe, or this process's own stdin. */
  readonly stdin: 'pipe' | 'inherit'
  readonly stdout: StreamMode
  readonly stderr: StreamMode
  /** How the run collects files; `nothing` if it collects none. */
  readonly collects: Collection['by'] | 'nothing'
}

/** The resources that a launch program has from the start. */
export interface LauncherParts extends LaunchValues {
  /**
   * The descriptor that becomes the program's stdin; the caller closes it. Without it, a launch program whose stdin is
   * a pipe gets a new pipe.
   */
  readonly stdin?: number | undefined
}

/** The request of one run to a launch program. */
export interface LaunchRequest {
  /** Makes the run's request. The launch program builds its root meanwhile. */
  readonly makeRequest: () => Assembled
  /** Moves the init into its control group, before the init gets its request. */
  readonly enterGroup: ((init: number) => void) | undefined
  readonly output: Output
  /** Called for each call that the filter logs; undefined when the filter logs nothing. */
  readonly onLogged: ((call: CallRecord) => void) | undefined
  /** The walltime. The init enforces it. If the set-up hangs, this process enforces it. */
  readonly wallTimeMs: number | undefined
}

/** One launch program that is running, or has run. */
export interface Launched {
  /** The init's process id; undefined until it is known. */
  readonly pid: number | undefined
  /**
   * The write end of the control pipe. A byte in this pipe ends the run. Undefined when the run is already ending.
   */
  readonly control: number | undefined
  /** The step at an address, for a failure's report. */
  readonly stepAt: (address: number) => Step | undefined
  /** Whether the step at an address belongs to the image, and comes before the program's start. */
  readonly isOfImage: (address: number) => boolean
  /** Ends the run; its report still arrives. */
  readonly stop: () => void
  /**
   * The records of the launch program except logged calls. Settles after the program and all its processes have ended.
   * Rejects with SETUP_FAILED for bytes that the launch program does not write.
   */
  readonly report: Promise<readonly ReportRecord[]>
  /** Returns how the init ended, when every process of the sandbox has ended. Call it after the report. */
  readonly gone: () => Promise<EndedProcess | undefined>
  /** The memfd with the collected files, or the socket with their descriptors; the caller closes it. */
  readonly collected: number | undefined
}

/** The longest wait in ms for the starter's work, which takes a fraction of a millisecond. */
const START_MS = 10
/** The interval in ms at which this process reads the report until it finds the init's process id. */
const LOOK_MS = 1
/** The value that is added to the counter when the request is ready. */
const ONE = Buffer.from(new BigUint64Array([1n]).buffer)

/** The caller's ends of a launch program's descriptors. */
interface Ends {
  readonly request: number
  readonly go: number
  readonly stdout: number | undefined
  readonly stderr: number | undefined
  readonly collected: number | undefined
}

// The caller and the init use the same memfd, but different ends of the socket. The caller reads the descriptors from
// the socket after the init has ended.
function openCollection(
  collects: LauncherShape['collects'],
  descriptors: Descriptors,
): { readonly ours: number; readonly theirs: number } | undefined {
  if (collects === 'nothing') return undefined
  if (collects === 'copies') {
    const memfd = descriptors.own(makeMemfd('gradebox-collect'))
    return { ours: memfd, theirs: memfd }
  }
  const [ours, theirs] = makeSocketPair()
  return { ours: descriptors.own(ours), theirs: descriptors.own(theirs) }
}

/** A launch program: it builds its root, then waits for the request of one run. The caller may also discard it. */
export class Launcher {
  readonly #image: Image
  readonly #descriptors: Descriptors
  readonly #ends: Ends
  readonly #stopper: Stopper
  readonly #report: PipeEnd
  readonly #reader: ReportReader
  #onLogged: ((call: CallRecord) => void) | undefined
  #stdin: Pipe | undefined
  #used = false

  private constructor(
    image: Image,
    started: { stopper: Stopper; report: number; ends: Ends; stdin: Pipe | undefined },
    descriptors: Descriptors,
  ) {
    this.#image = image
    this.#descriptors = descriptors
    this.#ends = started.ends
    this.#stopper = started.stopper
    this.#reader = new ReportReader({
      onStarted: (init) => this.#stopper.started(init),
      onLogged: (call) => this.#onLogged?.(call),
    })
    const add = (chunk: Buffer) => this.#reader.add(chunk)
    this.#report = new PipeEnd(started.report, add, reportMemory())
    this.#stopper.findInitBy(() => this.#report.readNext(0))
    this.#stdin = started.stdin
  }

  /**
   * Starts a launch program.
   *
   * @throws {SandboxError} SETUP_FAILED when it cannot be started; all its descriptors are then closed
   */
  static start(shape: LauncherShape, parts: LauncherParts): Launcher {
    sweepThreads()
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
    listReport(report.read)
    const control = descriptors.pipe(O_NONBLOCK)
    const own = stdin === undefined && shape.stdin === 'pipe' ? descriptors.pipe() : undefined
    const stdout = shape.stdout === 'pipe' ? descriptors.pipe() : undefined
    const stderr = shape.stderr === 'pipe' ? descriptors.pipe() : undefined
    // A program opens its pipe again by /dev/stdout, and only the pipe's owner may do so (pipe(7)).
    if (values.flow.kind === 'user' && values.flow.fromRoot === true) {
      const { uid, gid } = values.flow
      const pipes = [own, stdout, stderr].flatMap((pipe) => (pipe === undefined ? [] : [pipe]))
      for (const { read, write } of pipes) for (const fd of [read, write]) fchownSync(fd, uid, gid)
      if (stdin !== undefined && shape.stdin === 'pipe') fchownSync(stdin, uid, gid)
    }
    const request = descriptors.own(makeMemfd('gradebox-request'))
    const go = descriptors.own(makeCounter())
    const collection = openCollection(shape.collects, descriptors)
    const collected = collection?.ours
    const to = {
      stdin: stdin ?? own?.read ?? 0,
      // The target replaces the descriptor of a discarded stream by the sandbox's /dev/null.
      stdout: stdout?.write ?? (shape.stdout === 'inherit' ? 1 : control.read),
      stderr: stderr?.write ?? (shape.stderr === 'inherit' ? 2 : control.read),
      report: report.write,
      control: control.read,
      request,
      collect: collection?.theirs ?? control.read,
      go,
    }
    const starter = launch(image, to, values)
    const passing = shape.collects === 'descriptors' ? collection?.theirs : undefined
    for (const end of [report.write, control.read, stdout?.write, stderr?.write, passing]) {
      if (end !== undefined) descriptors.close(end)
    }
    const keepsGroup = values.cgroup !== undefined
    const stopper = new Stopper(descriptors.release(control.write), starter, keepsGroup)
    const ends = { request, collected, go, stdout: stdout?.read, stderr: stderr?.read }
    const started = { stopper, stdin: own, ends, report: descriptors.release(report.read) }
    return new Launcher(image, started, descriptors)
  }

  /** Whether its processes still exist. They may have failed, or another process may have ended them. */
  get isAlive(): boolean {
    const { control } = this.#stopper
    return control !== undefined && hasReader(control)
  }

  /** The init's process id; undefined while there is none. */
  get pid(): number | undefined {
    if (this.#stopper.init === undefined) this.#report.readNext(0)
    return this.#stopper.init
  }

  /** Reaps the starter, if the starter has ended. */
  settle(): void {
    this.#stopper.awaitStarter(0)
  }

  /** Whether the launch program got its request or was discarded. */
  get isUsed(): boolean {
    return this.#used
  }

  /** Returns the launch program's own stdin pipe, if it has one. The caller closes both ends. */
  takeStdin(): Pipe | undefined {
    const pipe = this.#stdin
    this.#stdin = undefined
    if (pipe !== undefined)
      for (const end of [pipe.read, pipe.write]) this.#descriptors.release(end)
    return pipe
  }

  /**
   * Sends the request. Call it only once.
   *
   * @throws {SandboxError} when the request cannot be planned; the launch program has then ended
   */
  go(options: LaunchRequest): Launched {
    if (this.#used) throw new Error('A launch program serves one run')
    this.#used = true
    const { output, wallTimeMs, makeRequest, onLogged, enterGroup } = options
    const { collected } = this.#ends
    const descriptors = this.#descriptors
    const stopper = this.#stopper
    try {
      this.#onLogged = onLogged
      // A child starts on its parent's processor. The starter would wait there until this process has made the
      // request, so this process waits for the starter first.
      stopper.awaitStarter(START_MS)
      const request = this.#send(makeRequest, enterGroup)
      stopper.expect(wallTimeMs)
      if (collected !== undefined) descriptors.release(collected)
      const streams = this.#streams(output)
      const pid = () => this.pid
      return {
        get pid() {
          return pid()
        },
        control: stopper.control,
        stepAt: (address) => stepAt(address, [this.#image.assembled, request]),
        isOfImage: (address) => address < (this.#image.assembled.symbols.get(WATCH) ?? 0),
        collected,
        stop: () => stopper.stop(),
        report: this.#readAll(streams),
        gone: () => stopper.gone(),
      }
    } finally {
      descriptors.closeAll()
    }
  }

  // The starter reports the init's process id before the init can get its request.
  #enter(enterGroup: (init: number) => void): void {
    while (this.#stopper.init === undefined && this.#report.readNext(-1)) {}
    if (this.#stopper.init !== undefined) enterGroup(this.#stopper.init)
  }

  #streams({ stdout, stderr, budget }: Output): Stream[] {
    const read = (fd: number | undefined, capture: Capture): Stream[] => {
      if (fd === undefined) return []
      const take = (chunk: Buffer) => capture.take(chunk, budget)
      return [{ capture, pipe: new PipeEnd(this.#descriptors.release(fd), take) }]
    }
    return [...read(this.#ends.stdout, stdout), ...read(this.#ends.stderr, stderr)]
  }

  // A terminated worker thread loses the data that libuv has read. So this thread reads the init's process id itself,
  // before libuv reads the report.
  async #findInit(background = false): Promise<void> {
    while (this.pid === undefined && !this.#report.isClosed) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS)
        if (background) timer.unref()
      })
    }
  }

  async #readAll(streams: readonly Stream[]): Promise<readonly ReportRecord[]> {
    if (this.pid === undefined) await this.#findInit()
    // There may be millions of logged calls, so this process reads them as they arrive.
    await readToEnd(this.#report, streams, this.#onLogged !== undefined)
    return this.#reader.records()
  }

  #send(makeRequest: () => Assembled, enterGroup: LaunchRequest['enterGroup']): Assembled {
    try {
      if (enterGroup !== undefined) this.#enter(enterGroup)
      const request = makeRequest()
      writeAll(this.#ends.request, request.bytes)
      // A stopped launch program exits, so it needs no request.
      if (this.#stopper.control !== undefined) writeSync(this.#ends.go, ONE)
      return request
    } catch (error) {
      // Without a request the init exits.
      this.#endNow()
      throw error
    }
  }

  /**
   * Ends the launch program, and settles when its processes have ended. Does nothing if it has its request.
   *
   * @param background whether this process may exit meanwhile; the launch program then ends too
   */
  async discard(background: boolean): Promise<void> {
    if (this.#used) return
    this.#used = true
    this.#stopper.stop()
    if (background) this.#stopper.unref()
    await this.#findInit(background)
    await this.#report.readByLoop(background)
    this.#close()
    await this.#stopper.gone()
  }

  /** Ends the launch program without an event loop: blocks until its processes have ended. */
  discardNow(): void {
    if (this.#used) return
    this.#used = true
    this.#endNow()
  }

  // Works in every state of the launch program. The report ends when its processes have ended.
  #endNow(): void {
    this.#stopper.stop()
    while (this.#stopper.init === undefined && this.#report.readNext(-1)) {}
    this.#stopper.goneNow()
    this.#close()
  }

  #close(): void {
    this.#report.close()
    this.#descriptors.closeAll()
  }
}
