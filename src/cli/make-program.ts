import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addCheckCommand } from './check-command.ts'
import { colorsFor, STDERR, STDOUT } from './colors.ts'
import { addCompletionCommand } from './completion/completion-command.ts'
import { addDoctorCommand } from './doctor/doctor-command.ts'
import { EXIT } from './errors.ts'
import { addExplainCommand } from './explain/explain-command.ts'
import { addCalibrateCommand } from './grade/calibrate-command.ts'
import { addDiffCommand } from './grade/diff-command.ts'
import { addGradeCommand } from './grade/grade-command.ts'
import { addMergeCommand } from './grade/merge-command.ts'
import { addInitCommand } from './init/init-command.ts'
import { addLearnCommand } from './learn-command.ts'
import { addPoliciesCommand } from './policies-command.ts'
import { addRunCommand } from './run/run-command.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

// In the order of the help.
const commands = [
  addGradeCommand,
  addMergeCommand,
  addDiffCommand,
  addCalibrateCommand,
  addInitCommand,
  addRunCommand,
  addExplainCommand,
  addDoctorCommand,
  addLearnCommand,
  addPoliciesCommand,
  addCheckCommand,
  addCompletionCommand,
]

// `run` and similar commands return the program's own exit code. For grading commands 2 means that a
// submission could not be graded.
const usageCodes: Readonly<Record<string, number>> = {
  run: EXIT.setup,
  explain: EXIT.setup,
  learn: EXIT.setup,
  grade: EXIT.failure,
  merge: EXIT.failure,
  diff: EXIT.failure,
  calibrate: EXIT.failure,
  init: EXIT.failure,
}

/** The command line: every command with its flags. */
export function makeProgram(): Command {
  const program = new Command('gradebox')
    .description('Runs untrusted programs in Linux sandboxes.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .configureHelp({
      styleTitle: (text) => colorsFor(STDOUT).bold(text),
      styleCommandText: (text) => colorsFor(STDOUT).cyan(text),
      styleOptionText: (text) => colorsFor(STDOUT).green(text),
      styleSubcommandText: (text) => colorsFor(STDOUT).cyan(text),
    })
    .configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error:/, () => colorsFor(STDERR).red('error:'))),
    })
    .exitOverride(exitWith(EXIT.usage))
  for (const add of commands) add(program)
  for (const command of program.commands) {
    command.exitOverride(exitWith(usageCodes[command.name()] ?? EXIT.usage))
  }
  return program
}

// Help and version end with 0, a wrong command line with the command's own code.
const exitWith = (code: number) => (error: CommanderError) => {
  throw new CommanderError(error.exitCode === 0 ? 0 : code, error.code, error.message)
}
