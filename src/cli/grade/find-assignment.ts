import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { visibleLine } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'

/** The argument of `gradebox grade`. */
export type AssignmentPlace =
  | {
      readonly kind: 'tests'
      /** Absolute paths of test files. */
      readonly files: readonly string[]
      /** The directory of the project's configuration. */
      readonly root: string
    }
  | {
      readonly kind: 'toml'
      /** The absolute path of an `assignment.toml`. */
      readonly file: string
    }

const testFile = /\.(?:test|spec)\.[cm]?[jt]sx?$/
const configFile = /^(?:vitest|vite)\.config\.[cm]?[jt]s$/

/**
 * Finds the assignment that a path means: a test file, an `assignment.toml`, or a folder with one of them.
 *
 * @throws {CliError} when the path has no assignment; the message lists the names of the missing files
 */
export function findAssignment(path: string): AssignmentPlace {
  const absolute = resolve(path)
  const status = statSync(absolute, { throwIfNoEntry: false })
  if (status === undefined) throw wrong(`${visibleLine(path)} does not exist`)
  if (!status.isDirectory()) return fromFile(absolute, path)
  const toml = join(absolute, 'assignment.toml')
  if (existsSync(toml)) return { kind: 'toml', file: toml }
  const files = readdirSync(absolute)
    .filter((name) => testFile.test(name))
    .map((name) => join(absolute, name))
  if (files.length === 0) {
    if (existsSync(join(absolute, 'problem.yaml'))) {
      throw wrong(`${visibleLine(path)} is a problem package, which gradebox cannot grade yet`)
    }
    throw wrong(
      `${visibleLine(path)} has no assignment.toml and no test file (NAME.test.ts); \`gradebox init\` writes one`,
    )
  }
  return { kind: 'tests', files, root: projectRoot(absolute) }
}

function fromFile(absolute: string, path: string): AssignmentPlace {
  if (absolute.endsWith('.toml')) return { kind: 'toml', file: absolute }
  if (testFile.test(absolute)) {
    return { kind: 'tests', files: [absolute], root: projectRoot(dirname(absolute)) }
  }
  throw wrong(`${visibleLine(path)} is neither a test file (NAME.test.ts) nor an assignment.toml`)
}

/** The nearest folder with a configuration of Vitest, else with a package.json, else the folder itself. */
function projectRoot(folder: string): string {
  const { root } = parse(folder)
  const above: string[] = []
  for (let each = folder; each !== root; each = dirname(each)) above.push(each)
  const has = (isWanted: (name: string) => boolean) =>
    above.find((each) => readdirSync(each).some(isWanted))
  return has((name) => configFile.test(name)) ?? has((name) => name === 'package.json') ?? folder
}

const wrong = (message: string) => new CliError(message, EXIT.failure)
