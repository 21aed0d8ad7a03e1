import type { CommandWord, FlagWord, Words } from './words.ts'

/** A completion script for zsh. */
export function zsh({ commands, policies, shells }: Words): string {
  const list = commands.map(({ name, about }) => `    ${quote(`${name}:${about}`)}`)
  return `#compdef gradebox
# gradebox completion for zsh: source <(gradebox completion zsh)
_gradebox() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${commands.map((command) => branch(command)).join('\n')}
  esac
}
_gradebox_policy() {
  compadd -- ${policies.join(' ')}
  _files -g '*.toml'
}
compdef _gradebox gradebox
`

  function branch({ name, flags, operands }: CommandWord): string {
    const rest = {
      command: `'*::command:_normal'`,
      policy: `'*:policy:_gradebox_policy'`,
      other: name === 'completion' ? `'1:shell:(${shells.join(' ')})'` : '',
    }[operands]
    const specs = [...flags.flatMap(specsOf), ...(rest === '' ? [] : [rest])]
    return `    ${name})
      _arguments ${operands === 'command' ? "-A '-*' " : ''}-S \\
${specs.map((spec) => `        ${spec}`).join(' \\\n')} ;;`
  }
}

const actions = { path: ':path:_files', policy: ':policy:_gradebox_policy', other: ':value:' }

function specsOf({ spellings, about, value }: FlagWord): string[] {
  const text = about.replaceAll(/[[\]:]/g, ' ')
  return spellings.map((spelling) => {
    return quote(`*${spelling}[${text}]${value === undefined ? '' : actions[value]}`)
  })
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
