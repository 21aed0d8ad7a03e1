import { fstatSync, readSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { finished, type PassThrough, type Readable, Transform } from 'node:stream'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { closeDescriptor, setNonBlocking, setPipeSize } from '../../ffi/libc.ts'
import { sendFile } from '../../ffi/open.ts'
import { handOver } from '../../ffi/thread-list.ts'
import { type HostPathOption, hostFileError, openHostFile } from './host-file.ts'

/** The source of the program's input, after the options were checked. */
export type StdinSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: Readable }
  | ({ readonly kind: 'file' } & HostPathOption)
  | { readonly kind: 'pipe'; readonly stream: PassThrough }
  | { readonly kind: 'inherit' }

/** Controls the input of one program. */
export interface StdinFeed {
  /** Stops writing the input. Call it after the program's end. */
  readonly stop: () => void
  /** Whether all input was written and the program's stdin has ended. */
  readonly isComplete: () => boolean
  /** @throws {SandboxError} SETUP_FAILED when the source failed, so the program did not get all its input */
  readonly check: () => void
}

/** The number of bytes that an empty pipe always takes at once (pipe(7), PIPE_BUF: one page). */
const PIPE_BUF = 4096

/**
 * Writes the input to the program's stdin, and then closes that stdin. The program need not read all of the input.
 * Gradebox drops the unread rest.
 *
 * @param fd the pipe's write end, which this function closes
 * @param onError called when the source fails
 * @throws {SandboxError} SETUP_FAILED when a file cannot be opened
 */
export function feedStdin(fd: number, source: StdinSource, onError: () => void): StdinFeed {
  // The program has only the other end of the pipe, so it cannot change the flags of this end.
  setNonBlocking(fd)
  if (source.kind === 'bytes' && source.bytes.length <= PIPE_BUF) {
    if (source.bytes.length > 0) writeSync(fd, source.bytes)
    closeDescriptor(fd)
    return { stop: () => {}, isComplete: () => true, check: () => {} }
  }
  const pipe = handOver(fd, () => new Socket({ fd, readable: false, writable: true }))
  // EPIPE: the program closed its stdin or ended.
  pipe.on('error', () => {})
  try {
    return feedPipe(pipe, { fd, source, onError })
  } catch (error) {
    pipe.destroy()
    throw error
  }
}

interface FeedUse {
  readonly fd: number
  readonly source: StdinSource
  readonly onError: () => void
}

function feedPipe(pipe: Socket, { fd, source, onError }: FeedUse): StdinFeed {
  const isComplete = () => pipe.writableFinished
  switch (source.kind) {
    case 'bytes':
      pipe.end(source.bytes)
      return { stop: () => pipe.destroy(), isComplete, check: () => {} }
    case 'file':
      return { isComplete, ...feedFile(pipe, { fd, file: openFile(source), onError }) }
    case 'stream':
    case 'pipe':
      return { isComplete, ...feedFrom(source.stream, { pipe, onError }) }
    default:
      throw new Error(`There is nothing to read from ${source.kind}`)
  }
}

function openFile(source: HostPathOption): number {
  try {
    return openHostFile(source)
  } catch (error) {
    throw hostFileError(error as NodeJS.ErrnoException, source, {
      purpose: 'stdin',
      hint: 'The option stdin takes text, bytes, a stream, or the URL of a regular file that can be read.',
    })
  }
}

/** The default capacity of a pipe, pipe(7). */
const PIPE_CAPACITY = 64 * 1024
/**
 * The capacity for a file that is larger than the default capacity. With this capacity, the file needs fewer turns of
 * the event loop. All pipes of a user share 64 MiB.
 */
const LARGE_CAPACITY = 1024 * 1024
/** The most bytes that one turn of the event loop moves. */
const MOST_A_TURN = 1024 * 1024
/** The size of the piece that this process itself writes when the pipe is full, to notice when the pipe has room. */
const PIECE = 16 * 1024

type Feed = Omit<StdinFeed, 'isComplete'>

/**
 * Writes a file as input: the kernel moves the file's pages into the pipe. When the pipe is full, a small piece goes
 * through the event loop, which reports when the pipe takes more. The program gets no descriptor of the file. With a
 * descriptor, the program could open the file again for writing, lock the file, or read the file's path.
 */
function feedFile(
  pipe: Socket,
  { fd, file, onError }: { fd: number; file: number; onError: () => void },
): Feed {
  let position = 0
  let failure: Error | undefined
  let isOpen = true
  const close = () => {
    if (isOpen) closeDescriptor(file)
    isOpen = false
  }
  const stop = () => {
    close()
    pipe.destroy()
  }
  const piece = Buffer.allocUnsafe(PIECE)
  const more = (): void => {
    if (pipe.destroyed) close()
    if (!isOpen) return
    try {
      const sent = sendFile(fd, file, position, MOST_A_TURN)
      position += sent ?? 0
      const length = readSync(file, piece, 0, PIECE, position)
      position += length
      if (length > 0) pipe.write(piece.subarray(0, length), more)
      else {
        close()
        pipe.end()
      }
    } catch (error) {
      stop()
      // EPIPE: the program closed its stdin or ended.
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return
      failure = error as Error
      onError()
    }
  }
  pipe.once('close', close)
  if (fstatSync(file).size > PIPE_CAPACITY) setPipeSize(fd, LARGE_CAPACITY)
  more()
  return { stop, check: () => checkSource(failure) }
}

function feedFrom(from: Readable, { pipe, onError }: { pipe: Socket; onError: () => void }): Feed {
  let failure: Error | undefined
  let stopped = false
  const stop = () => {
    stopped = true
    from.unpipe(pipe)
    pipe.destroy()
  }
  const fail = (error: Error) => {
    if (stopped) return
    failure = error
    stop()
    onError()
  }
  // finished() also reports a stream that was destroyed, or that had failed before this call.
  finished(from, { writable: false }, (error) => {
    if (error != null) fail(error)
  })
  if (from.readableEnded) pipe.end()
  else if (from.readableObjectMode) from.pipe(textOrBytes(fail)).pipe(pipe)
  else from.pipe(pipe)
  return { stop, check: () => checkSource(failure) }
}

// A stream of objects may consist of texts, like `Readable.from(['1', '2'])`. Other objects have no bytes.
function textOrBytes(fail: (error: Error) => void): Transform {
  const only = new Transform({
    writableObjectMode: true,
    transform(chunk: unknown, _encoding, done) {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) done(null, chunk)
      else done(new TypeError(`expected text or bytes, got ${typeof chunk}`))
    },
  })
  return only.on('error', fail)
}

function checkSource(cause: Error | undefined): void {
  if (cause === undefined) return
  throw new SandboxError(`The stream meant for stdin failed: ${cause.message}`, {
    code: 'SETUP_FAILED',
    hint: 'The program did not get all its input, so its result means nothing. Fix the source and run it again.',
    cause,
  })
}
