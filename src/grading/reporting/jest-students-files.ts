import { join, relative } from 'node:path'
import { visibleLine } from '../../units/visible.ts'
import { isWithin, submissionOf, submissionPaths } from '../submissions/test-search.ts'

/** The part of Jest's test that the reporter needs. */
export interface JestTest {
  readonly path: string
  readonly context: {
    readonly config: {
      readonly rootDir: string
      readonly modulePathIgnorePatterns: readonly string[]
    }
    /** The files that Jest has found. Jest may load each of these files. */
    readonly hasteFS: { getAllFiles(): string[] }
  }
}

/**
 * Keeps Jest from running a student's file as a test, or as a mock in `__mocks__`. A mock replaces a package for every
 * test of the project. Both kinds of file would run outside of the sandbox, as the user who grades.
 */
export class StudentsFiles {
  readonly #finders = new Map<JestTest['context'], ReturnType<typeof submissionOf>>()

  /**
   * Call this method before Jest runs a test file.
   *
   * @throws {Error} if the file belongs to a student, or if a mock of a student would replace a package
   */
  check({ path, context }: JestTest): void {
    const { rootDir } = context.config
    const files = context.hasteFS.getAllFiles()
    const find =
      this.#finders.get(context) ?? submissionOf(submissionPaths(rootDir, files.filter(isTestFile)))
    this.#finders.set(context, find)
    const own = find(path)
    if (own !== undefined) throw refusal(rootDir, own, path, 'as a test')
    for (const file of files) {
      const folder = file.includes('/__mocks__/') ? find(file) : undefined
      if (folder !== undefined) throw refusal(rootDir, folder, file, 'in place of a package')
    }
  }
}

// Jest's default `testMatch`; see refuseUnknown() for test files of other names.
const isTestFile = (path: string): boolean =>
  /\.(?:test|spec)\.[cm]?[jt]sx?$|\/__tests__\/.*\.[cm]?[jt]sx?$/.test(path)

/**
 * Refuses submissions in a folder whose path is known only when the test file runs. {@link StudentsFiles} does not know
 * such a folder, so Jest could run the students' files in this folder.
 *
 * @param folders absolute paths that the test file declared
 * @throws {Error} with the setting that hides the folder from Jest
 */
export function refuseUnknown(
  folders: readonly string[],
  testFile: string,
  { rootDir, modulePathIgnorePatterns }: JestTest['context']['config'],
): void {
  const find = submissionOf(submissionPaths(rootDir, [testFile].filter(isTestFile)))
  const isHidden = (file: string) =>
    modulePathIgnorePatterns.some((pattern) => new RegExp(pattern).test(file))
  const unknown = folders.find(
    (folder) =>
      isWithin(folder, rootDir) &&
      !isWithin(testFile, folder) &&
      find(folder) === undefined &&
      !isHidden(join(folder, 'a.test.js')),
  )
  if (unknown !== undefined)
    throw refusal(rootDir, unknown, join(unknown, '*.test.js'), 'as a test')
}

function refusal(rootDir: string, folder: string, file: string, use: string): Error {
  const name = (path: string) => visibleLine(relative(rootDir, path))
  return new Error(
    `Jest would run ${name(file)} ${use}, outside of the sandbox\n` +
      '  hint: Hide the submissions from Jest, in its configuration: ' +
      `modulePathIgnorePatterns: ['<rootDir>/${name(folder)}/']`,
  )
}
