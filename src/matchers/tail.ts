import { asText, visible } from './visible.ts'

const maxLines = 10
const maxCharacters = 2048

/**
 * The end of a program's output under a heading that says how much of it is shown.
 *
 * At most 10 lines and 2048 characters of it; control characters are made visible.
 */
export function tail(name: string, output: string | Uint8Array): string {
  const text = asText(output)
  if (text === '') return `${name}:  empty`
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const window = body.slice(-maxCharacters)
  const total = countLines(body)
  const shown = window.split('\n').slice(-maxLines)
  const rest = shown.join('\n')
  return `${name}${extent(rest.length < body.length, shown.length, total, rest.length)}:\n${indent(visible(rest))}`
}

function extent(cut: boolean, shown: number, total: number, characters: number): string {
  if (!cut) return ''
  if (shown === maxLines) return ` (last ${shown} of ${total} lines)`
  return ` (last ${characters} characters of ${total} ${total === 1 ? 'line' : 'lines'})`
}

function countLines(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
