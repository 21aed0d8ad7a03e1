import { type CallRecord, recordAt } from './parse.ts'

/** What is told as soon as it is reported. */
export interface ReportListener {
  /** The init is there. */
  readonly onStarted: (init: number) => void
  /** A call that the filter logs was made. */
  readonly onLogged: (call: CallRecord) => void
}

/**
 * Takes a report as it comes. Logged calls, of which there may be millions, are handed on at once; what
 * else there is, some hundred bytes, is kept.
 */
export class ReportReader {
  readonly #listener: ReportListener
  readonly #kept: Buffer[] = []
  #partial: Buffer = Buffer.alloc(0)

  constructor(listener: ReportListener) {
    this.#listener = listener
  }

  add(chunk: Buffer): void {
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    let offset = 0
    for (let next = recordAt(bytes, offset); next !== undefined; next = recordAt(bytes, offset)) {
      const { record, end } = next
      if (record.kind === 'logged') this.#listener.onLogged(record)
      else this.#kept.push(bytes.subarray(offset, end))
      if (record.kind === 'started') this.#listener.onStarted(record.init)
      offset = end
    }
    this.#partial = bytes.subarray(offset)
  }

  /** All but the logged calls, and what is no whole record. */
  rest(): Buffer {
    return Buffer.concat([...this.#kept, this.#partial])
  }
}
