import { constants } from 'node:buffer'
import { formatSize } from '../units/size.ts'

// C0 and C1 controls but tab and newline, line separators, and the marks that reorder text.
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

const named: Readonly<Record<string, string>> = { '\0': '\\0', '\r': '\\r', '\u001b': '\\e' }

/**
 * A program's text made harmless to print: control characters, with which it could clear the
 * terminal or forge a message, become escapes. Tabs and newlines stay.
 *
 * @example
 * visible('a\u001b[31mb\r') // 'a\\e[31mb\\r'
 */
export function visible(text: string): string {
  return text.replace(unprintable, (character) => named[character] ?? escaped(character))
}

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Output as text; bytes are read as UTF-8, where each wrong one becomes U+FFFD.
 *
 * @throws {RangeError} when there are more bytes than a text can hold
 */
export function asText(output: string | Uint8Array): string {
  if (typeof output === 'string') return output
  if (output.length <= constants.MAX_STRING_LENGTH) return new TextDecoder().decode(output)
  throw new RangeError(
    `${formatSize(output.length)} are more than a text can hold (512 MiB), so they cannot be matched as one: compare the bytes themselves`,
  )
}

/** A command line as one would type it: words with anything but harmless characters are quoted. */
export function commandLine(command: string, args: readonly string[]): string {
  const words = [command, ...args].map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word),
  )
  const line = visible(words.join(' '))
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`
}
