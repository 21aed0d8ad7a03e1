import type { CommandWord, Words } from './words.ts'

/** A completion script for bash. */
export function bash({ commands, policies, shells }: Words): string {
  return `# gradebox completion for bash: source <(gradebox completion bash)
_gradebox() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      if ((i == COMP_CWORD - 1)); then COMPREPLY=($(compgen -c -- "$cur"))
      else COMPREPLY=($(compgen -f -- "$cur")); fi
      return
    fi
  done
  case "$command" in
${commands.map(branch).join('\n')}
  esac
  case "$command" in
    check) COMPREPLY+=($(compgen -W '${policies.join(' ')}' -- "$cur") $(compgen -f -- "$cur")) ;;
    completion) COMPREPLY+=($(compgen -W '${shells.join(' ')}' -- "$cur")) ;;
  esac
}
complete -o filenames -F _gradebox gradebox
`

  function branch({ name, flags }: CommandWord): string {
    const spellings = (kind: string) =>
      flags.filter(({ value }) => value === kind).flatMap((flag) => flag.spellings)
    const cases = [
      ['path', 'COMPREPLY=($(compgen -f -- "$cur"))'],
      [
        'policy',
        `COMPREPLY=($(compgen -W '${policies.join(' ')}' -- "$cur") $(compgen -f -- "$cur"))`,
      ],
      ['other', 'COMPREPLY=()'],
    ] as const
    const lines = cases
      .filter(([kind]) => spellings(kind).length > 0)
      .map(([kind, reply]) => `        ${spellings(kind).join('|')}) ${reply}; return ;;`)
    const words = flags.flatMap((flag) => flag.spellings).join(' ')
    return `    ${name})
      case "$prev" in
${lines.length > 0 ? lines.join('\n') : '        --) ;;'}
      esac
      COMPREPLY=($(compgen -W '${words}' -- "$cur")) ;;`
  }
}
