import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { asError } from '../../errors/as-error.ts'
import { clearTimeout, clockMs, setTimeout } from '../../globals.ts'
import { writeFileAtomically } from '../report/atomic-file.ts'
import type { Report } from '../report/report-schema.ts'
import { splitReport, writers } from '../writers/index.ts'
import type { ChosenReport } from '../writers/reports-option.ts'
import type { Ledger } from './ledger.ts'

/** The report files after the last write. */
export interface WrittenReports {
  readonly paths: readonly string[]
  /** For the path of each file that could not be written: the reason. */
  readonly failures: ReadonlyMap<string, string>
}

/** Writing reports takes at most 1/50 of the grading time. */
const SHARE = 50

/**
 * Keeps the report files up to date. This class writes the files after each test, or less often if a write takes long.
 * A write can take long, because each write covers the whole report of a class.
 */
export class ReportFiles {
  readonly #ledger: Ledger
  readonly #reports: readonly ChosenReport[]
  readonly #root: string
  #timer: NodeJS.Timeout | undefined
  #notBefore = 0
  #written = new Set<string>()
  #failures = new Map<string, string>()
  readonly #hashes = new Map<string, string>()

  constructor(ledger: Ledger, reports: readonly ChosenReport[], root: string) {
    this.#ledger = ledger
    this.#reports = reports
    this.#root = root
  }

  /** Call this method when the ledger has changed. */
  update(): void {
    const waitMs = this.#notBefore - clockMs()
    if (waitMs <= 0) this.#write()
    else this.#timer ??= setTimeout(() => this.#write(), waitMs).unref()
  }

  /** Writes the remaining changes. A failed write of one report does not prevent the write of another report. */
  flush(): WrittenReports {
    this.#write()
    return { paths: [...this.#written], failures: this.#failures }
  }

  // Skips an unchanged file, because most files of a class stay the same.
  #replace(path: string, contents: string | Uint8Array): void {
    const hash = createHash('sha1').update(contents).digest('base64')
    if (this.#hashes.get(path) === hash) return
    writeFileAtomically(path, contents)
    this.#hashes.set(path, hash)
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#ledger.isEmpty) return
    const started = clockMs()
    const written = new Set<string>()
    const failures = new Map<string, string>()
    const reports = this.#ledger.reports()
    for (const report of reports) {
      for (const [kind, { path, ...options }] of this.#reports) {
        const file = pathOf(resolve(this.#root, path), report, reports.length)
        for (const part of splitReport(report, kind, file)) {
          try {
            const contents = writers[kind](part.report, { environment: process.env, ...options })
            this.#replace(part.file, contents)
            written.add(part.file)
          } catch (error) {
            // Some formats cannot express a submission that is not graded yet. The next write tries again.
            failures.set(part.file, asError(error).message)
          }
        }
      }
    }
    // A second assignment changes the names of the files, so this loop removes the files with the old names.
    for (const path of this.#written) if (!written.has(path)) rmSync(path, { force: true })
    this.#written = written
    this.#failures = failures
    const now = clockMs()
    this.#notBefore = now + (now - started) * (SHARE - 1)
  }
}

function pathOf(path: string, { assignment }: Report, assignments: number): string {
  if (assignments === 1) return path
  const extension = extname(path)
  const slug = assignment.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()
  return join(dirname(path), `${basename(path, extension)}-${slug}${extension}`)
}
