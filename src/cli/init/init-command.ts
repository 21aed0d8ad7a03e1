import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { packageVersion } from '../../grading/package-version.ts'
import { makeFolders } from '../../grading/report/atomic-file.ts'
import { visibleLine } from '../../units/visible.ts'
import { CliError, EXIT } from '../errors.ts'
import { print } from '../print.ts'
import { type AssignmentKind, assignmentKinds, type InitFile, initFiles } from './init-files.ts'

interface Flags {
  readonly kind: AssignmentKind
  readonly gradescope?: boolean
  readonly github?: boolean
}

/** `gradebox init`: writes a new assignment. */
export function defineInit(command: Command): void {
  command
    .description(
      'Writes an assignment with two sample submissions that you can grade at once: `npm install`, then `npm run grade`. Changes no existing file.',
    )
    .argument('[folder]', 'the folder of the new assignment', '.')
    .addOption(
      new Option('--kind <kind>', 'the form of the assignment')
        .choices([...assignmentKinds])
        .default('toml'),
    )
    .option('--gradescope', "add Gradescope's setup.sh and run_autograder")
    .option('--github', 'add a workflow for GitHub Classroom')
    .action((folder: string, { kind, gradescope = false, github = false }: Flags) => {
      const root = resolve(folder)
      const files = initFiles(kind, { gradescope, github }, packageVersion())
      // The command checks all files before it writes the first one, because half an assignment is useless.
      const [taken] = files.filter(({ path }) => existsSync(join(root, path)))
      if (taken !== undefined) {
        throw new CliError(
          `${visibleLine(join(root, taken.path))} exists already; choose an empty folder`,
          EXIT.failure,
        )
      }
      for (const file of files) writeInto(root, file)
      print(
        [
          ...files.map(({ path }) => `wrote ${visibleLine(join(folder, path))}`),
          '',
          `Next: cd ${shellWord(visibleLine(folder))} && npm install && npm run grade`,
        ].join('\n'),
      )
    })
}

// Puts quotes around a word that a shell would split or interpret.
const shellWord = (text: string) =>
  /^[\w./@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

function writeInto(root: string, { path, contents, executable = false }: InitFile): void {
  const target = join(root, path)
  try {
    makeFolders(dirname(target))
    writeFileSync(target, contents, { flag: 'wx', mode: executable ? 0o755 : 0o644 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError(
      `${visibleLine(target)} cannot be written: ${reason}; choose another folder`,
      EXIT.failure,
      error,
    )
  }
}
