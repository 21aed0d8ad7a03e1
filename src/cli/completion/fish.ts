import type { CommandWord, FlagWord, Words } from './words.ts'

/** A completion script for fish. */
export function fish({ commands, policies, shells }: Words): string {
  return `# gradebox completion for fish: gradebox completion fish | source
complete -c gradebox -f
${commands.map(({ name, about }) => `complete -c gradebox -n __fish_use_subcommand -a ${name} -d ${quote(about)}`).join('\n')}
${commands.flatMap(linesOf).join('\n')}
complete -c gradebox -n '__fish_seen_subcommand_from completion' -a ${quote(shells.join(' '))}
complete -c gradebox -n '__fish_seen_subcommand_from check' -F -a ${quote(policies.join(' '))}
complete -c gradebox -n '__fish_seen_subcommand_from run explain learn' -a '(__fish_complete_subcommand)'
`

  function linesOf({ name, flags }: CommandWord): string[] {
    return flags.map((flag) => {
      const words = [
        'complete -c gradebox',
        `-n '__fish_seen_subcommand_from ${name}'`,
        ...flag.spellings.map(option),
        ...valueWords(flag),
        `-d ${quote(flag.about)}`,
      ]
      return words.join(' ')
    })
  }

  function valueWords({ value }: FlagWord): string[] {
    if (value === undefined) return []
    if (value === 'policy') return [`-r -F -a ${quote(policies.join(' '))}`]
    return [value === 'path' ? '-r -F' : '-x']
  }
}

const option = (spelling: string): string =>
  spelling.startsWith('--') ? `-l ${spelling.slice(2)}` : `-s ${spelling.slice(1)}`

const quote = (text: string): string => `'${text.replaceAll(/(['\\])/g, '\\$1')}'`
