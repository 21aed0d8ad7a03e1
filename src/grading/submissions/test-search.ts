import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import picomatch from 'picomatch'
import { escapePath } from 'tinyglobby'

/** This variable replaces the `submissions` of an assignment; its path is relative to the working directory. */
export const SUBMISSIONS_VARIABLE = 'GRADEBOX_SUBMISSIONS'

/** Where a test runner looks for test files. */
export interface TestSearch {
  /** The directory that the globs start from. */
  readonly folder: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** The folder of submissions in a new assignment. */
const USUAL_FOLDER = 'submissions'

/**
 * The paths and globs of submissions that are known before any test file runs: the usual folder, `GRADEBOX_SUBMISSIONS`, and
 * those that the code of the test files names.
 *
 * @param root the directory of the project
 * @param testFiles absolute paths; those in submissions are not read
 * @param more absolute paths that the configuration names
 * @returns absolute paths; none that contains the root
 */
export function submissionPaths(
  root: string,
  testFiles: readonly string[],
  more: readonly string[] = [],
): string[] {
  const instead = process.env[SUBMISSIONS_VARIABLE]
  const usual = [join(root, USUAL_FOLDER), ...(instead ? [resolve(instead)] : []), ...more]
  const paths = new Set(usual.filter((path) => !isWithin(root, path)))
  const depth = (path: string) => path.split('/').length
  // A student's file lies deeper than the test that names its folder, so its own words have no effect.
  for (const file of [...testFiles].sort((a, b) => depth(a) - depth(b))) {
    if ([...paths].some((path) => isWithin(file, path))) continue
    const named = namedSubmissions(readCode(file), dirname(file))
    for (const path of named) if (!isWithin(root, path)) paths.add(path)
  }
  return [...paths]
}

/** No test file of a teacher is longer, in bytes. */
const MOST_CODE = 1 << 20

/** No test file names more submissions. A student's file could name enough to stop the test runner. */
const MOST_PATHS = 100

// A student may have made the file: a FIFO would block an ordinary open, and a device has no end.
function readCode(file: string): string {
  let fd: number | undefined
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const status = fstatSync(fd)
    return status.isFile() && status.size <= MOST_CODE ? readFileSync(fd, 'utf8') : ''
  } catch {
    // The test runner reports a test file that it cannot read.
    return ''
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

// Matches an option, a property or a variable: `submissions: 'a'`, `submissions: ['a', 'b']`, `submissions = 'a'`.
const mention = /\bsubmissions\b['"]?\s*[:=]\s*(\[[^\]]{0,2000}\]|[^\n]{0,500})/g
const literal = /'([^'\n]+)'|"([^"\n]+)"|`([^`$\n]+)`/g

/**
 * The paths and globs that the code of a test file names as submissions. They are read from the text, because the code of
 * the file must not run first.
 *
 * @param folder the directory of the test file
 * @returns absolute paths and globs; none that contains the test file itself
 * @example
 * namedSubmissions("assignment({ submissions: 'handins' })", '/course') // ['/course/handins']
 */
export function namedSubmissions(code: string, folder: string): string[] {
  const literals = [...code.matchAll(mention)].flatMap(([, text = '']) => [
    ...text.matchAll(literal),
  ])
  return literals
    .map(([, ...quoted]) => resolve(folder, quoted.find((text) => text !== undefined) ?? ''))
    .filter((path) => !isWithin(folder, path))
    .slice(0, MOST_PATHS)
}

/** Whether a path is another path, or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path)
  return inside === '' || !(isAbsolute(inside) || inside === '..' || inside.startsWith('../'))
}

/** Finds the path or glob of submissions to which a file belongs; undefined for a file of the staff. */
export function submissionOf(submissions: readonly string[]): (file: string) => string | undefined {
  const tests = submissions.map((path) => {
    const matches = existsSync(path) ? undefined : picomatch([path, `${path}/**`], { dot: true })
    return { path, isOwner: (file: string) => isWithin(file, path) || matches?.(file) === true }
  })
  return (file) => tests.find(({ isOwner }) => isOwner(file))?.path
}

/**
 * The globs that exclude submissions from a search for test files.
 *
 * @param submissions absolute paths and globs
 * @param folder the directory that the globs start from
 */
export function globsOf(submissions: readonly string[], folder: string): string[] {
  return submissions
    .filter((path) => path !== folder && isWithin(path, folder))
    .flatMap((path) => {
      const inside = relative(folder, path)
      const glob = existsSync(path) ? escapePath(inside) : inside
      return [glob, `${glob}/**`]
    })
}

/**
 * Whether a test runner would find a test file in submissions. A folder counts as soon as one of its files could have a
 * name that the runner looks for, so the answer does not depend on what students hand in.
 *
 * @param path the absolute path of a folder with submissions, of one submission, or of its only file
 */
export function isSearched(path: string, { folder, include, exclude }: TestSearch): boolean {
  if (path === folder || !isWithin(path, folder)) return false
  const inside = relative(folder, path)
  const isExcluded = picomatch([...exclude], { dot: true })
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true
  if (!isFolder) return !isExcluded(inside) && picomatch([...include], { dot: true })(inside)
  const anyFiles = ['a', 'a/b', 'a/b/c.d'].map((name) => `${inside}/${name}`)
  if (anyFiles.every((name) => isExcluded(name))) return false
  return include.some((glob) => reachesInto(glob, inside))
}

/** Whether a glob can match a file in a folder. */
function reachesInto(glob: string, folder: string): boolean {
  // Such a brace hides a separator.
  if (/\{[^}]*\/[^}]*\}/.test(glob)) return true
  const parts = glob.replace(/^\.\//, '').split('/')
  const names = folder.split('/')
  for (const [index, name] of names.entries()) {
    const part = parts[index]
    if (part === undefined) return false
    if (part.includes('**')) return true
    if (!picomatch.isMatch(name, part, { dot: true })) return false
  }
  return parts.length > names.length
}
