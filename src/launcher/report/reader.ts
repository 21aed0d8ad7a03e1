import { type CallRecord, parseReport, type ReportRecord, recordAt } from './parse-report.ts'

/** Functions that receive records as soon as they arrive. */
export interface ReportListener {
  /** The init has started. */
  readonly onStarted: (init: number) => void
  /** The program made a call that the filter logs. */
  readonly onLogged: (call: CallRecord) => void
}

/**
 * Reads a report while the report arrives. The reader passes logged calls on at once, because there may be millions of
 * calls. The reader keeps the other records, which have some hundred bytes.
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
   * All records except the logged calls, in order.
   *
   * @throws {SandboxError} SETUP_FAILED for bytes that the launch program does not write
   */
  records(): readonly ReportRecord[] {
    return [...this.#records, ...parseReport(this.#partial)]
  }
}
