import { dirname, resolve, sep } from 'node:path'
import { chosenReports } from '../writers/reports-option.ts'
import { folderFingerprint } from './fingerprint.ts'
import { loadedSources } from './test-source/loaded-sources.ts'

/**
 * The content on which the code of every test of a file may depend. The content consists of the file without its tests,
 * all other files in the test file's folder, and loaded modules of other folders. Undefined if the folder is too large
 * to read.
 *
 * @param submissions the absolute paths of submissions, which tests read only through `submission`
 */
export function contentAround(testFile: string, submissions: readonly string[]): unknown {
  const folder = dirname(testFile)
  // The test file can be inside a submission. The submission's files are then also files of the tests.
  const others = submissions.filter((each) => !isWithin(folder, [each]))
  const sources = loadedSources()
  const outside = sources.get(testFile)?.outside
  const reports = chosenReports().map(([, { path }]) => resolve(path))
  const isLeftOut = (path: string) =>
    (outside !== undefined && path === testFile) ||
    isWithin(path, others) ||
    reports.includes(path) ||
    path.endsWith(`${sep}gradebox-report.json`)
  const fingerprint = folderFingerprint(folder, isLeftOut)
  if (fingerprint === undefined) return undefined
  const elsewhere = [...sources]
    .filter(([path]) => !isWithin(path, [folder]))
    .map(([path, { whole }]) => [path, whole])
    .sort()
  return { outside, fingerprint, elsewhere }
}

const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((each) => path === each || path.startsWith(`${each}${sep}`))
