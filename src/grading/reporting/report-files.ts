import { rmSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { writeFileAtomically } from '../report/atomic-file.ts'
import type { Report } from '../report/schema.ts'
import { type ReportKind, writers } from '../writers/index.ts'
import type { Ledger } from './ledger.ts'

/** Of the time that grading takes, at most one part in this many goes into writing reports. */
const SHARE = 10

/**
 * Keeps the report files up to date. They are written after each test, or less often where writing takes long: a class's
 * report is large, and all of it is written each time.
 */
export class ReportFiles {
  readonly #ledger: Ledger
  readonly #reports: readonly (readonly [ReportKind, string])[]
  readonly #root: string
  #timer: NodeJS.Timeout | undefined
  #notBefore = 0
  #written = new Set<string>()

  constructor(ledger: Ledger, reports: readonly (readonly [ReportKind, string])[], root: string) {
    this.#ledger = ledger
    this.#reports = reports
    this.#root = root
  }

  /** Called when the ledger has changed. */
  update(): void {
    const waitMs = this.#notBefore - performance.now()
    if (waitMs <= 0) this.#write()
    else this.#timer ??= setTimeout(() => this.#write(), waitMs).unref()
  }

  /** Writes what is still to be written; gives the paths of all files. */
  flush(): string[] {
    this.#write()
    return [...this.#written]
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#ledger.isEmpty) return
    const started = performance.now()
    const written = new Set<string>()
    const reports = this.#ledger.reports()
    for (const report of reports) {
      for (const [kind, path] of this.#reports) {
        const target = pathOf(resolve(this.#root, path), report, reports.length)
        writeFileAtomically(target, writers[kind](report, {}))
        written.add(target)
      }
    }
    // A second assignment gives the files other names.
    for (const path of this.#written) if (!written.has(path)) rmSync(path, { force: true })
    this.#written = written
    const now = performance.now()
    this.#notBefore = now + (now - started) * (SHARE - 1)
  }
}

function pathOf(path: string, { assignment }: Report, assignments: number): string {
  if (assignments === 1) return path
  const extension = extname(path)
  const slug = assignment.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()
  return join(dirname(path), `${basename(path, extension)}-${slug}${extension}`)
}
