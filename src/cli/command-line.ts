import { Command, CommanderError, Help } from 'commander'
import { packageVersion } from '../grading/package-version.ts'
import { colorsFor, STDERR, STDOUT } from './colors.ts'
import { type CommandRow, commandRows } from './commands.ts'
import { EXIT } from './errors.ts'

/** Runs the command that the arguments name. Loads the flags of only this command. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const rows = new Map<Command, CommandRow>()
  const program = makeProgram(rows)
  const load = async (commands: readonly Command[]) => {
    for (const command of commands) (await rows.get(command)?.load())?.(command)
  }
  program.hook('preSubcommand', (_, command) =>
    // A completion script lists the flags of every command.
    load(command.name() === 'completion' ? program.commands : [command]),
  )
  // Commander calls no hook for `help COMMAND`.
  const [first, name] = args.filter((each) => each !== '--')
  if (first === 'help') await load(program.commands.filter((each) => each.name() === name))
  await program.parseAsync(args, { from: 'user' })
}

/** The command line without the flags of its commands. */
function makeProgram(rows: Map<Command, CommandRow>): Command {
  const program = new Command('gradebox')
    .description('Runs untrusted programs in Linux sandboxes.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .configureHelp({
      subcommandTerm: (command) => rows.get(command)?.term ?? new Help().subcommandTerm(command),
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
  for (const row of commandRows) {
    const [name = ''] = row.term.split(' ')
    const command = program.command(name).summary(row.summary)
    rows.set(command.exitOverride(exitWith(row.usageCode)), row)
  }
  return program
}

// Help and version end with 0. A wrong command line ends with the exit code of its command.
const exitWith = (code: number) => (error: CommanderError) => {
  throw new CommanderError(error.exitCode === 0 ? 0 : code, error.code, error.message)
}
