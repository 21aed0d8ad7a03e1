import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findCaseInputs } from '../../grading/assignment/cases.ts'
import { chooseLanguages } from '../../grading/languages/choose-languages.ts'
import { ownDirectory } from '../../grading/own-directory.ts'
import { chooseSubmissions } from '../../grading/submissions/choose.ts'
import { readAssignment } from '../../grading/toml/read-assignment.ts'
import { toOptions } from '../../grading/toml/to-options.ts'

/** The smallest number of tests for a further worker. The start of a worker takes about as long as 200 small tests. */
const LEAST_TESTS = 200
/** The most workers that grade one assignment. Each worker takes about 150 MiB, and does hundreds of runs a second. */
const MOST_PARTS = 8

/** The test files of a TOML assignment. */
export interface TomlTests {
  readonly folder: string
  /** The number of test files. Each file declares the tests of one part of the submissions. */
  readonly parts: number
}

/**
 * Writes test files that declare the tests of a TOML file, because Vitest runs only test files. Vitest gives each file
 * to one worker. One worker would be too slow for several processors, because the worker's main thread prepares and
 * judges every run.
 *
 * @param jobs the number of programs that run at once
 */
export function writeTomlTests(toml: string, jobs: number): TomlTests {
  const folder = ownDirectory('grade')
  const { submissions, tests } = countWork(toml)
  const most = Math.min(submissions, Math.floor((submissions * tests) / LEAST_TESTS))
  const parts = Math.max(1, Math.min(jobs, MOST_PARTS, most))
  // The test file is outside the package, so the test file cannot import the package by name.
  const entry = import.meta.resolve('gradebox/grading/vitest')
  for (let index = 1; index <= parts; index++) {
    const args = [toml, ...(parts === 1 ? [] : [{ index, count: parts }])]
    const list = args.map((each) => JSON.stringify(each)).join(', ')
    const source = `import { declareToml } from ${JSON.stringify(entry)}\n\ndeclareToml(${list})\n`
    writeFileSync(join(folder, `assignment-${index}.test.mjs`), source)
  }
  return { folder, parts }
}

/** Counts the submissions, and the tests of one submission. */
function countWork(toml: string): { readonly submissions: number; readonly tests: number } {
  const folder = dirname(toml)
  try {
    const { options, tests, cases } = toOptions(readAssignment(toml), toml)
    const table = chooseLanguages(options.languages)
    const { chosen } = chooseSubmissions(options.submissions, folder, table)
    const inputs = cases.flatMap(({ path }) => findCaseInputs(path, folder))
    return { submissions: chosen.length, tests: tests.length + inputs.length }
  } catch {
    // The worker gets the same error and reports the error.
    return { submissions: 0, tests: 0 }
  }
}
