import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { LanguageTable } from '../languages/language.ts'
import { findSubmissions } from './find.ts'
import type { FoundSubmission } from './found-submission.ts'
import { selectSubmissions } from './select.ts'
import { SUBMISSIONS_VARIABLE } from './test-search.ts'

/** The submissions of an assignment, and those that this run grades. */
export interface ChosenSubmissions {
  readonly found: readonly FoundSubmission[]
  /** The submissions that `--only` and `--shard` select. */
  readonly chosen: readonly FoundSubmission[]
  /** The absolute paths that `submissions` names, where they exist. */
  readonly places: readonly string[]
}

/**
 * Finds the submissions that an assignment or `GRADEBOX_SUBMISSIONS` names, and selects the submissions to grade.
 *
 * @param submissions the assignment's option
 * @param folder the assignment's folder, from which relative paths of the option start
 * @throws {SandboxError} OPTION_INVALID for a path that does not exist, and where nothing is left to grade
 */
export function chooseSubmissions(
  submissions: string | readonly string[],
  folder: string,
  table: LanguageTable,
): ChosenSubmissions {
  const instead = process.env[SUBMISSIONS_VARIABLE]
  const [place, from] =
    instead === undefined || instead === '' ? [submissions, folder] : [instead, process.cwd()]
  const found = findSubmissions(place, from, table)
  const places = [place]
    .flat()
    .map((each) => resolve(from, each))
    .filter((each) => existsSync(each))
  return { found, chosen: selectSubmissions(found), places }
}
