import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { O_NONBLOCK, SIGKILL } from '../../ffi/constants.ts'
import { ErrnoError } from '../../ffi/errno.ts'
import {
  closeDescriptor,
  killProcess,
  makePipe,
  waitForProcess,
  waitUntilReadable,
} from '../../ffi/libc.ts'
import { type Capture, type OutputBudget, readPipe } from '../io/capture.ts'
import type { Assembled } from '../launcher/image/assemble.ts'
import { makeMemfd, writeAll } from '../launcher/image/memory.ts'
import type { CallRecord } from '../launcher/report/parse.ts'
import { ReportReader } from '../launcher/report/reader.ts'
import type { Segment, Step } from '../launcher/step.ts'
import { assembleRequest, type Image, launch, spawnError, stepAt } from './launch.ts'

type StreamMode = 'pipe' | 'inherit' | 'ignore'

export interface AttemptOptions {
  readonly image: Image
  /** What this run adds; planned while the launch program builds its root. */
  readonly plan: () => Segment
  /** The descriptor that becomes the program's stdin. */
  readonly stdin: number
  readonly stdout: StreamMode
  readonly stderr: StreamMode
  readonly captures: { readonly stdout: Capture; readonly stderr: Capture }
  readonly budget: OutputBudget
  /** Called for each call that the filter logs. */
  readonly onLogged: (call: CallRecord) => void
  /** The walltime; the init holds it, but for the case that its set-up hangs. */
  readonly walltimeMs: number | undefined
  /** Whether files are collected. */
  readonly collects: boolean
  /** The path of the run's control group, where it has one. */
  readonly cgroup: string | undefined
}

/** One launch program that is running, or has run. */
export interface Attempt {
  /** The keeper's process id. */
  readonly pid: number
  /** The step at an address, for a failure's report. */
  readonly stepAt: (address: number) => Step | undefined
  /** Ends the run; its report still comes. */
  readonly stop: () => void
  /** All that the launch program reported but logged calls, once all its processes are gone. */
  readonly report: Promise<Buffer>
  /** The memfd with the collected files; the caller closes it. */
  readonly collected: number | undefined
}

/** How long the keeper may keep us waiting until it has cloned the init, in ms; it takes a fraction of one. */
const KEEPER_START_MS = 10

/** How long a stopped run may take to clean up before the keeper is killed with all it keeps, in ms. */
const STOP_GRACE_MS = 5000

/** How much longer than its walltime a run may take, set-up and clean-up included, in ms. */
const SETUP_GRACE_MS = 30_000
/** setTimeout takes no more. */
const LONGEST_TIMEOUT_MS = 0x7fff_ffff

/** Descriptors that are closed if something fails before they have an owner. */
class Descriptors {
  readonly #open = new Set<number>()

  pipe(flags = 0): { read: number; write: number } {
    const pipe = makePipe(flags)
    this.#open.add(pipe.read).add(pipe.write)
    return pipe
  }

  own(fd: number): number {
    this.#open.add(fd)
    return fd
  }

  /** Somebody else closes it from now on. */
  release(fd: number): number {
    this.#open.delete(fd)
    return fd
  }

  closeAll(): void {
    for (const fd of this.#open) closeDescriptor(fd)
    this.#open.clear()
  }
}

/**
 * Starts a launch program, gives it its request, and reads what comes from it.
 *
 * @throws {SandboxError} SETUP_FAILED when it cannot be started; nothing is left open then
 */
export function startAttempt(options: AttemptOptions): Attempt {
  const descriptors = new Descriptors()
  try {
    return connect(options, descriptors)
  } catch (error) {
    throw error instanceof ErrnoError ? spawnError(error) : error
  } finally {
    descriptors.closeAll()
  }
}

function connect(options: AttemptOptions, descriptors: Descriptors): Attempt {
  const { image, stdin, captures, budget } = options
  const report = descriptors.pipe()
  const control = descriptors.pipe(O_NONBLOCK)
  const stdout = outputPipe(options.stdout, descriptors)
  const stderr = outputPipe(options.stderr, descriptors)
  const requestFd = descriptors.own(makeMemfd('gradebox-request'))
  const collected = options.collects ? descriptors.own(makeMemfd('gradebox-collect')) : undefined
  const to = {
    stdin,
    // A stream that nobody wants: the target opens the sandbox's /dev/null in its place.
    stdout: stdout?.write ?? (options.stdout === 'inherit' ? 1 : control.read),
    stderr: stderr?.write ?? (options.stderr === 'inherit' ? 2 : control.read),
    report: report.write,
    control: control.read,
    request: requestFd,
    collect: collected ?? control.read,
  }
  const pid = launch(image, to, options.cgroup)
  // The kernel starts a child on its parent's processor, and moves it to an idle one hardly ever before it
  // forks in turn. We let it: what it does from there on is done beside our planning, not after it.
  closeDescriptor(descriptors.release(report.write))
  waitUntilReadable(report.read, KEEPER_START_MS)
  const stopper = new Stopper(descriptors.release(control.write), pid)
  stopper.expect(options.walltimeMs)
  const request = sendRequest(options, { fd: requestFd, stopper })
  if (collected !== undefined) descriptors.release(collected)
  const reads = [
    stdout && readPipe(descriptors.release(stdout.read), budget, captures.stdout),
    stderr && readPipe(descriptors.release(stderr.read), budget, captures.stderr),
  ]
  const reading = readReport(descriptors.release(report.read), options.onLogged).then(
    async (bytes) => {
      stopper.finish()
      await Promise.all(reads)
      return bytes
    },
  )
  return {
    pid,
    stepAt: (address) => stepAt(address, [image.assembled, request]),
    collected,
    stop: () => stopper.stop(),
    report: reading,
  }
}

function sendRequest(
  { image, plan }: AttemptOptions,
  { fd, stopper }: { fd: number; stopper: Stopper },
): Assembled {
  try {
    const request = assembleRequest(image, plan())
    writeAll(fd, request.bytes)
    stopper.go()
    return request
  } catch (error) {
    // Without a request the init exits, and soon after it the keeper.
    stopper.finish()
    throw error
  }
}

function outputPipe(mode: StreamMode, descriptors: Descriptors) {
  return mode === 'pipe' ? descriptors.pipe() : undefined
}

/** The caller's side of a launch program's life: says go, says stop, and sees it off. */
class Stopper {
  #control: number | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #keeper: number

  constructor(control: number, keeper: number) {
    this.#control = control
    this.#keeper = keeper
  }

  /** Stops a run that does not end, although its walltime is long over: its set-up hangs. */
  expect(walltimeMs: number | undefined): void {
    if (walltimeMs === undefined) return
    const latest = Math.min(LONGEST_TIMEOUT_MS, walltimeMs + SETUP_GRACE_MS)
    this.#timer = setTimeout(() => this.stop(), latest)
  }

  go(): void {
    if (this.#control !== undefined) writeSync(this.#control, 'g')
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

  #close(): void {
    if (this.#control !== undefined) closeDescriptor(this.#control)
    this.#control = undefined
  }
}

// Up to the keeper's record, after which it exits, or to the end of file, if it was killed before.
function readReport(fd: number, onLogged: (call: CallRecord) => void): Promise<Buffer> {
  return new Promise((resolve) => {
    const reader = new ReportReader(onLogged)
    const socket = new Socket({ fd, readable: true, writable: false })
    socket.on('data', (chunk: Buffer) => {
      reader.add(chunk)
      if (reader.isWhole) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(reader.rest()))
  })
}
