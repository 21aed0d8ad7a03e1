import { type CallRecord, recordAt } from './parse.ts'

/**
 * Takes a report as it comes. Logged calls, of which there may be millions, are handed on at once; what
 * else there is, some hundred bytes, is kept.
 */
export class ReportReader {
  readonly #onLogged: (call: CallRecord) => void
  readonly #kept: Buffer[] = []
  #partial: Buffer = Buffer.alloc(0)
  /** Whether the last record was there, the keeper's, which it writes just before it exits. */
  isWhole = false

  constructor(onLogged: (call: CallRecord) => void) {
    this.#onLogged = onLogged
  }

  add(chunk: Buffer): void {
    const bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    let offset = 0
    for (let next = recordAt(bytes, offset); next !== undefined; next = recordAt(bytes, offset)) {
      if (next.record.kind === 'logged') this.#onLogged(next.record)
      else {
        this.isWhole = next.record.kind === 'keeper'
        this.#kept.push(bytes.subarray(offset, next.end))
      }
      offset = next.end
    }
    this.#partial = bytes.subarray(offset)
  }

  /** All but the logged calls, and what is no whole record. */
  rest(): Buffer {
    return Buffer.concat([...this.#kept, this.#partial])
  }
}
