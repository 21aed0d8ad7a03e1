import { type CallRecord, parseReport, type ReportRecord, recordAt } from './parse-report.ts'

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
  readonly #records: ReportRecord[] = []
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
      else this.#records.push(record)
      if (record.kind === 'started') this.#listener.onStarted(record.init)
      offset = end
    }
    this.#partial = bytes.subarray(offset)
  }

  /**
   * All but the logged calls, in the order in which they came.
   *
   * @throws {SandboxError} SETUP_FAILED for bytes that the launch program does not write
   */
  records(): readonly ReportRecord[] {
    return [...this.#records, ...parseReport(this.#partial)]
  }
}
