import { appendFileSync, closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { GradedMeta, TestOutcome } from '../report/test-outcome.ts'

/**
 * Names the directory of the journal. Jest's workers write the outcomes of tests there, because Jest gives a
 * reporter only the title and the errors of a test.
 */
export const JOURNAL_VARIABLE = 'GRADEBOX_JOURNAL'

/** An entry of a worker about a graded test. */
export type JournalEntry =
  | { readonly type: 'plan'; readonly meta: GradedMeta }
  | { readonly type: 'skip'; readonly meta: GradedMeta }
  | { readonly type: 'end'; readonly meta: GradedMeta; readonly outcome: TestOutcome | string }

/** Appends entries to this process's journal. Does nothing if no reporter reads the journal. */
export function writeJournal(entries: readonly JournalEntry[]): void {
  const directory = process.env[JOURNAL_VARIABLE]
  if (directory === undefined || entries.length === 0) return
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  appendFileSync(join(directory, `${process.pid}.jsonl`), lines)
}

/** Reads the entries that workers have written since the last call. */
export class JournalReader {
  readonly #directory: string
  /** For each file, the number of bytes of the whole lines that the reader has read. */
  readonly #done = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Returns the new entries. The next call returns a line that is still unfinished. */
  read(): JournalEntry[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const position = this.#done.get(name) ?? 0
      const bytes = readFrom(join(this.#directory, name), position)
      const end = bytes.lastIndexOf(0x0a) + 1
      this.#done.set(name, position + end)
      const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
      return lines.map((line) => JSON.parse(line) as JournalEntry)
    })
  }
}

function readFrom(path: string, position: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const chunks: Buffer[] = []
    for (let at = position; ; ) {
      const chunk = Buffer.alloc(65_536)
      const count = readSync(file, chunk, 0, chunk.length, at)
      if (count === 0) return Buffer.concat(chunks)
      chunks.push(chunk.subarray(0, count))
      at += count
    }
  } finally {
    closeSync(file)
  }
}
