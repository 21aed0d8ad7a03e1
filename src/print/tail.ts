import { cutMiddle } from '../units/cut.ts'
import { visible } from '../units/visible.ts'

const maxLines = 10
const maxCharacters = 240
// The largest number of bytes to read: enough for ten lines of any readable text.
const maxBytes = 1 << 20

/**
 * The end of a program's output, under a heading that says how much of the output follows. The text shows at most 10
 * lines, long lines without their middle, and control characters as escapes.
 */
export function tail(name: string, output: string | Uint8Array): string {
  const isWhole = typeof output === 'string' || output.length <= maxBytes
  const text = typeof output === 'string' ? output : decode(output.subarray(-maxBytes))
  if (text === '') return `${name}:  empty`
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const total = countLines(body)
  const shown = (total > maxLines ? lastLines(body) : body).split('\n')
  const extent = isWhole
    ? `last ${maxLines} of ${total} lines`
    : `the end of ${output.length} bytes`
  const heading = total > maxLines || !isWhole ? `${name} (${extent}):` : `${name}:`
  const lines = shown.map((line) => `  ${visible(cutMiddle(line, maxCharacters))}`)
  return [heading, ...lines].join('\n')
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
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
