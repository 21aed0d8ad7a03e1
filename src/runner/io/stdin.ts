import { closeSync, createReadStream, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { PassThrough, Readable, Writable } from 'node:stream'

/** Where the program's input comes from, after the options were checked. */
export type StdinSource =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: Readable }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pipe'; readonly stream: PassThrough }
  | { readonly kind: 'inherit' }

/** An empty pipe takes at least this much at once (pipe(7), PIPE_BUF: one page). */
const PIPE_BUF = 4096

/**
 * Feeds the program's stdin, and closes it. A program need not read it: what it leaves is dropped.
 *
 * @param fd the pipe's write end, which is now ours to close
 * @returns a function that ends the feeding when the program is gone
 */
export function feedStdin(fd: number, source: StdinSource): () => void {
  if (source.kind === 'bytes' && source.bytes.length <= PIPE_BUF) {
    if (source.bytes.length > 0) writeSync(fd, source.bytes)
    closeSync(fd)
    return () => {}
  }
  const pipe = new Socket({ fd, readable: false, writable: true })
  // EPIPE: the program closed its stdin or ended.
  pipe.on('error', () => {})
  if (source.kind === 'bytes') {
    pipe.end(source.bytes)
    return () => pipe.destroy()
  }
  return feedFrom(openSource(source), pipe)
}

function openSource(source: StdinSource): Readable {
  if (source.kind === 'file') return createReadStream(source.path)
  if (source.kind === 'stream' || source.kind === 'pipe') return source.stream
  throw new Error(`There is nothing to read from ${source.kind}`)
}

function feedFrom(from: Readable, pipe: Writable): () => void {
  const stop = () => {
    from.unpipe(pipe)
    pipe.destroy()
  }
  from.on('error', stop)
  from.pipe(pipe)
  return stop
}
