import type { Command } from 'commander'
import { shippedPolicies } from '../../policy/shipped.ts'

/** A flag, for completion. */
export interface FlagWord {
  /** The spellings of the flag: `-w`, `--work-dir`. */
  readonly spellings: readonly string[]
  readonly about: string
  /** The kind of the flag's value; undefined for a flag without a value. */
  readonly value: 'path' | 'policy' | 'other' | undefined
}

/** A command, for completion. */
export interface CommandWord {
  readonly name: string
  readonly about: string
  readonly flags: readonly FlagWord[]
  /** The kind of the command's arguments. */
  readonly operands: 'command' | 'policy' | 'other'
}

/** All words that a completion script offers. */
export interface Words {
  readonly commands: readonly CommandWord[]
  readonly policies: readonly string[]
  readonly shells: readonly string[]
}

const operands: Readonly<Record<string, CommandWord['operands']>> = {
  run: 'command',
  explain: 'command',
  learn: 'command',
  check: 'policy',
}

/** Collects the completion words from the commands of a program. */
export function wordsOf(program: Command): Words {
  const helper = program.createHelp()
  const commands = program.commands.map((command): CommandWord => {
    const name = command.name()
    return {
      name,
      about: command.summary(),
      flags: helper.visibleOptions(command).map(({ short, long, flags, description }) => ({
        spellings: [short, long].filter((each): each is string => each != null),
        about: description,
        value: valueKind(flags),
      })),
      operands: operands[name] ?? 'other',
    }
  })
  return { commands, policies: shippedPolicies(), shells: ['bash', 'zsh', 'fish'] }
}

function valueKind(flags: string): FlagWord['value'] {
  if (!flags.includes('<')) return undefined
  if (flags.includes('--policy-file')) return 'policy'
  return /<(FILE|HOST)/.test(flags) ? 'path' : 'other'
}
