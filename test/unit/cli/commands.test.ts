import { Command, Help } from 'commander'
import { expect, test } from 'vitest'
import { commandRows } from '../../../src/cli/commands.ts'

test.each(commandRows)(
  'the help names the flags and arguments of $term',
  async ({ term, load }) => {
    const [name] = term.split(' ')
    const command = new Command(name)
    const define = await load()
    define(command)
    expect(new Help().subcommandTerm(command)).toBe(term)
  },
)
