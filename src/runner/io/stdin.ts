import { createReadStream, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { finished, type PassThrough, type Readable, Transform } from 'node:stream'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { closeDescriptor } from '../../ffi/libc.ts'

/** Where the program's input comes from, after the options were checked. */
export type StdinSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: Readable }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pipe'; readonly stream: PassThrough }
  | { readonly kind: 'inherit' }

/** The feeding of one program's stdin. */
export interface StdinFeed {
  /** Ends it, when the program is gone. */
  readonly stop: () => void
  /** @throws {SandboxError} SETUP_FAILED when the source failed: the program had not all its input. */
  readonly check: () => void
}

/** An empty pipe takes at least this much at once (pipe(7), PIPE_BUF: one page). */
const PIPE_BUF = 4096

/**
 * Feeds the program's stdin, and closes it. A program need not read it: what it leaves is dropped.
 *
 * @param fd the pipe's write end, which is now ours to close
 * @param onError called when the source fails
 * @throws {SandboxError} SETUP_FAILED when a file cannot be opened
 */
export function feedStdin(fd: number, source: StdinSource, onError: () => void): StdinFeed {
  if (source.kind === 'bytes' && source.bytes.length <= PIPE_BUF) {
    if (source.bytes.length > 0) writeSync(fd, source.bytes)
    closeDescriptor(fd)
    return { stop: () => {}, check: () => {} }
  }
  const pipe = new Socket({ fd, readable: false, writable: true })
  // EPIPE: the program closed its stdin or ended.
  pipe.on('error', () => {})
  if (source.kind === 'bytes') {
    pipe.end(source.bytes)
    return { stop: () => pipe.destroy(), check: () => {} }
  }
  try {
    return feedFrom(openSource(source), { pipe, onError, isOurs: source.kind === 'file' })
  } catch (error) {
    pipe.destroy()
    throw error
  }
}

function openSource(source: StdinSource): Readable {
  if (source.kind === 'stream' || source.kind === 'pipe') return source.stream
  if (source.kind !== 'file') throw new Error(`There is nothing to read from ${source.kind}`)
  try {
    return createReadStream(source.path, { fd: openSync(source.path, 'r') })
  } catch (cause) {
    const { code = 'EIO' } = cause as NodeJS.ErrnoException
    const path = JSON.stringify(source.path)
    throw new SandboxError(`The file ${path}, meant for stdin, cannot be read: ${code}`, {
      code: 'SETUP_FAILED',
      step: { syscall: 'open', call: `open(${path})`, errno: code, process: 'spawn' },
      hint: 'The option stdin takes text, bytes, a stream, or the URL of a host file that can be read.',
      cause,
    })
  }
}

function feedFrom(
  from: Readable,
  { pipe, onError, isOurs }: { pipe: Socket; onError: () => void; isOurs: boolean },
): StdinFeed {
  let failure: Error | undefined
  let stopped = false
  const stop = () => {
    stopped = true
    from.unpipe(pipe)
    pipe.destroy()
    if (isOurs) from.destroy()
  }
  const fail = (error: Error) => {
    if (stopped) return
    failure = error
    stop()
    onError()
  }
  // Also told of a stream that was destroyed, or had failed before it came here.
  finished(from, { writable: false }, (error) => {
    if (error != null) fail(error)
  })
  if (from.readableEnded) pipe.end()
  else if (from.readableObjectMode) from.pipe(textOrBytes(fail)).pipe(pipe)
  else from.pipe(pipe)
  return {
    stop,
    check: () => {
      if (failure !== undefined) throw sourceError(failure)
    },
  }
}

// A stream of objects may be one of texts, as `Readable.from(['1', '2'])` is; others have no bytes.
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

function sourceError(cause: Error): SandboxError {
  return new SandboxError(`The stream meant for stdin failed: ${cause.message}`, {
    code: 'SETUP_FAILED',
    hint: 'The program did not get all its input, so its run says nothing; mend the source and run it again.',
    cause,
  })
}
