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

/** This variable replaces the `submissions` of an assignment. Its value is a path, relative to the working directory. */
export const SUBMISSIONS_VARIABLE = 'GRADEBOX_SUBMISSIONS'

/** The folder and the globs with which a test runner looks for test files. */
export interface TestSearch {
  /** The directory that the globs start from. */
  readonly folder: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** The folder of submissions in a new assignment. */
const USUAL_FOLDER = 'submissions'

/**
 * Lists the submissions that Gradebox can know before any test file runs. They are the usual folder, the path in
 * `GRADEBOX_SUBMISSIONS`, and the paths and globs that the code of the test files names.
 *
 * @param root the directory of the project
 * @param testFiles absolute paths of test files; a test file inside submissions is not read
 * @param more absolute paths that the configuration names
 * @returns absolute paths and globs; no path contains the root
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
  // A student's file lies deeper than the test file that names the submissions. The loop therefore reads the test file
  // first, and then skips the student's file.
  for (const file of [...testFiles].sort((a, b) => depth(a) - depth(b))) {
    if ([...paths].some((path) => isWithin(file, path))) continue
    const named = namedSubmissions(readCode(file), dirname(file))
    for (const path of named) if (!isWithin(root, path)) paths.add(path)
  }
  return [...paths]
}

/** The most bytes to read from a test file. No test file of a teacher is longer. */
const MOST_CODE = 1 << 20

/** The most paths to take from one test file. A student's file could name enough paths to stop the test runner. */
const MOST_PATHS = 100

// A student may have made the file. A FIFO would block an ordinary open(2), and a device has no end.
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
 * Lists the paths and globs that the code of a test file names as submissions. This function reads the text of the file,
 * because the code must not run yet.
 *
 * @param folder the directory of the test file
 * @returns absolute paths and globs; no path contains the test file itself
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

/** Whether a path is the folder itself, or lies in the folder. */
export function isWithin(path: string, folder: string): boolean {
  const inside = relative(folder, path)
  return inside === '' || !(isAbsolute(inside) || inside === '..' || inside.startsWith('../'))
}

/**
 * Makes a function that returns the path or glob of the submissions to which a file belongs. The function returns
 * undefined for a file of the staff.
 */
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
 * Whether a test runner would find a test file in submissions. A folder counts if a file in the folder could have a name
 * that the runner looks for. The answer therefore does not depend on the files that students hand in.
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
  // Braces that contain a separator prevent the split into names, so the glob counts as a match.
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
