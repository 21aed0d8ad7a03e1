import type { Command } from 'commander'
import { shippedPolicies } from '../../policy/shipped.ts'

/** A flag, for completion. */
export interface FlagWord {
  /** Its spellings: `-w`, `--work-dir`. */
  readonly spellings: readonly string[]
  readonly about: string
  /** The kind of its value; undefined for a switch. */
  readonly value: 'path' | 'policy' | 'other' | undefined
}

/** A command, for completion. */
export interface CommandWord {
  readonly name: string
  readonly about: string
  readonly flags: readonly FlagWord[]
  /** The kind of its arguments. */
  readonly operands: 'command' | 'policy' | 'other'
}

/** All words for completion. */
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
