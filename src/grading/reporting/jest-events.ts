import type { Circus } from '@jest/types'
import { GRADED, type GradedMeta } from '../report/test-outcome.ts'
import { type JournalEntry, writeJournal } from './journal.ts'

/** Follows the graded tests of a file in Jest's environment, and writes their outcomes to the journal. */
export class JestGrading {
  // The key is the test and not the test's function, because Jest replaces the function of a concurrent test.
  readonly #graded = new Map<Circus.TestEntry, GradedMeta>()
  readonly #checkFolders: (folders: readonly string[]) => void

  /** @param checkFolders receives all folders of submissions before any test runs. An error ends the test file. */
  constructor(checkFolders: (folders: readonly string[]) => void) {
    this.#checkFolders = checkFolders
  }

  /** Follows the events of jest-circus. Call this method after the runs of a test have ended. */
  handle(event: Circus.Event, state: Circus.State): void {
    switch (event.name) {
      case 'run_start':
        joinSuites(state.rootDescribeBlock)
        this.#plan(state.rootDescribeBlock)
        this.#checkFolders([
          ...new Set([...this.#graded.values()].flatMap(({ gradeboxPlaces }) => gradeboxPlaces)),
        ])
        writeJournal([...this.#graded.values()].map((meta) => ({ type: 'plan', meta })))
        return
      case 'test_skip':
        this.#write(event.test, (meta) => ({ type: 'skip', meta }))
        return
      case 'test_done':
        this.#write(event.test, (meta) => ended(event.test, meta))
        return
    }
  }

  #plan(block: Circus.DescribeBlock): void {
    for (const child of block.children) {
      if (child.type === 'describeBlock') this.#plan(child)
      else {
        const meta = (child.fn as { [GRADED]?: GradedMeta } | undefined)?.[GRADED]
        if (meta !== undefined) this.#graded.set(child, meta)
      }
    }
  }

  #write(test: Circus.TestEntry, entry: (meta: GradedMeta) => JournalEntry): void {
    const meta = this.#graded.get(test)
    if (meta !== undefined) writeJournal([entry(meta)])
  }
}

function ended({ errors }: Circus.TestEntry, meta: GradedMeta): JournalEntry {
  const { gradeboxOutcome: outcome, ...rest } = meta
  const reasons = errors
    .flat()
    .map((error) => messageOf(error))
    .filter((each) => each !== '')
  if (outcome === undefined) {
    return { type: 'end', meta: rest, outcome: `The test did not end: ${reasons.join('\n')}` }
  }
  if (outcome.status === 'passed' && errors.length > 0) {
    return {
      type: 'end',
      meta: rest,
      outcome: `The test failed after it was judged: ${reasons.join('\n')}`,
    }
  }
  return { type: 'end', meta: rest, outcome }
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : ''
}

/** Joins all suites with the same submission's name into one suite, which contains the submission's graded tests. */
function joinSuites(root: Circus.DescribeBlock): void {
  const first = new Map<string, Circus.DescribeBlock>()
  const kept: typeof root.children = []
  for (const child of root.children) {
    const known = child.type === 'describeBlock' ? first.get(child.name) : undefined
    if (child.type !== 'describeBlock' || !isGradedSuite(child)) kept.push(child)
    else if (known === undefined) {
      first.set(child.name, child)
      kept.push(child)
    } else {
      for (const test of child.children) test.parent = known
      known.children.push(...child.children)
    }
  }
  root.children.splice(0, root.children.length, ...kept)
}

function isGradedSuite({ children, hooks }: Circus.DescribeBlock): boolean {
  return (
    hooks.length === 0 &&
    children.length > 0 &&
    children.every((child) => child.type === 'test' && Object.hasOwn(child.fn ?? {}, GRADED))
  )
}
