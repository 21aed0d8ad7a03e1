import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { EXIT } from './errors.ts'
import { addRunCommand } from './run/command.ts'
import { colorsFor } from './style.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

/** The command line: every command with its flags. */
export function makeProgram(): Command {
  const { bold, cyan, green } = colorsFor(process.stdout)
  const program = new Command('gradebox')
    .description('Runs untrusted programs in Linux sandboxes.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .enablePositionalOptions()
    .configureHelp({
      styleTitle: bold,
      styleCommandText: cyan,
      styleOptionText: green,
      styleSubcommandText: cyan,
    })
    .configureOutput({
      outputError: (text, write) =>
        write(text.replace(/^error:/, () => colorsFor(process.stderr).red('error:'))),
    })
    .exitOverride()
  addRunCommand(program)
  for (const command of program.commands) {
    const code = ['run', 'explain'].includes(command.name()) ? EXIT.setup : EXIT.usage
    command.exitOverride((error) => {
      throw new CommanderError(error.exitCode === 0 ? 0 : code, error.code, error.message)
    })
  }
  return program
}
