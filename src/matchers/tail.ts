import { constants } from 'node:buffer'
import { cutMiddle } from './cut.ts'
import { asText, visible } from './visible.ts'

const maxLines = 10
const maxCharacters = 240

/**
 * The end of a program's output under a heading that says how much of it is shown.
 *
 * At most 10 lines, of long ones the beginning and the end; control characters are made visible.
 */
export function tail(name: string, output: string | Uint8Array): string {
  // Of bytes no more than a text can hold.
  const text = asText(output.slice(-constants.MAX_STRING_LENGTH))
  if (text === '') return `${name}:  empty`
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const total = countLines(body)
  const shown = (total > maxLines ? lastLines(body) : body).split('\n')
  const extent = total > maxLines ? ` (last ${maxLines} of ${total} lines)` : ''
  const lines = shown.map((line) => `  ${visible(cutMiddle(line, maxCharacters))}`)
  return `${name}${extent}:\n${lines.join('\n')}`
}

function lastLines(text: string): string {
  let start = text.length
  for (let line = 0; line < maxLines; line++) start = text.lastIndexOf('\n', start - 1)
  return text.slice(start + 1)
}

function countLines(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
