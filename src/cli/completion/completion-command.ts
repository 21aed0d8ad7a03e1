import { Argument, type Command } from 'commander'
import { print } from '../print.ts'
import { bash } from './bash.ts'
import { fish } from './fish.ts'
import type { Words } from './words.ts'
import { wordsOf } from './words.ts'
import { zsh } from './zsh.ts'

const shells: Readonly<Record<string, (words: Words) => string>> = { bash, zsh, fish }

/** `gradebox completion`: prints a completion script for a shell. The words come from the commands' definitions. */
export function defineCompletion(command: Command): void {
  command
    .description(
      'Prints a completion script. bash: source <(gradebox completion bash); zsh: the same with zsh, after compinit; fish: gradebox completion fish | source',
    )
    .addArgument(new Argument('<shell>').choices(Object.keys(shells)))
    .action((shell: string) => {
      print((shells[shell]?.(wordsOf(command.parent ?? command)) ?? '').trimEnd())
    })
}
