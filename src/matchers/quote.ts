import { cutMiddle } from './cut.ts'
import { visible } from './visible.ts'

const maxCharacters = 80

/**
 * Text on one line, in quotes; where it is longer than 80 characters, its beginning and end.
 *
 * @example
 * quote('a\n') // '"a\\n"'
 */
export function quote(text: string): string {
  return visible(JSON.stringify(cutMiddle(text, maxCharacters)))
}
