import { visible } from './visible.ts'

const maxCharacters = 60

/**
 * Text on one line, in quotes; only the beginning where it is longer than 60 characters.
 *
 * @example
 * quote('a\n') // '"a\\n"'
 */
export function quote(text: string): string {
  if (text.length <= maxCharacters) return visible(JSON.stringify(text))
  return `${visible(JSON.stringify(text.slice(0, maxCharacters)))}… (${text.length} characters)`
}
