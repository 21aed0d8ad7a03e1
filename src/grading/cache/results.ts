import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { wasStarved } from '../../runner/judge/starvation.ts'
import type { TestOutcome } from '../report/test-outcome.ts'
import { fingerprint } from './fingerprint.ts'

/**
 * The environment variable for the directory of the cache. `gradebox grade` sets the variable. Without the variable,
 * Gradebox keeps nothing.
 */
export const CACHE_VARIABLE = 'GRADEBOX_CACHE'

/** The directory in which Gradebox keeps results and programs; undefined without a cache. */
export function cacheInUse(variable = process.env[CACHE_VARIABLE]): string | undefined {
  return variable === undefined || variable === '' ? undefined : variable
}

/** The kept outcome of a test. The key is the fingerprint of everything on which the outcome depends. */
export function keptOutcome(cache: string, key: string): TestOutcome | undefined {
  try {
    const [check, text = ''] = readFileSync(resultPath(cache, key), 'utf8').split('\n')
    return check === fingerprint(key, text) ? (JSON.parse(text) as TestOutcome) : undefined
  } catch {
    // The file is missing or damaged, so the test runs again.
    return undefined
  }
}

/**
 * Keeps an outcome that a repetition would not change. This excludes an error, and an outcome with a run that waited
 * for a processor. A cache that cannot be written does not stop a grading.
 */
export function keepOutcome(cache: string, key: string, outcome: TestOutcome): void {
  if (outcome.status === 'error' || outcome.runs.some(wasStarved)) return
  const { submission: _, adjustments: __, problems: ___, ...kept } = outcome
  try {
    const path = resultPath(cache, key)
    mkdirSync(dirname(path), { recursive: true })
    // Two threads, or two containers whose processes have the same id, can keep the same result at the same time.
    const temporary = `${path}.${randomUUID()}`
    const text = JSON.stringify(kept)
    // The hash reveals an incomplete file, which a loss of power can leave.
    writeFileSync(temporary, `${fingerprint(key, text)}\n${text}`)
    renameSync(temporary, path)
  } catch (error) {
    warnOnce(error instanceof Error ? error.message : String(error))
  }
}

const resultPath = (cache: string, key: string) =>
  join(cache, 'results', key.slice(0, 2), `${key}.json`)

let warned = false

function warnOnce(reason: string): void {
  if (warned) return
  warned = true
  process.emitWarning(`Gradebox cannot keep results: ${reason}`)
}
