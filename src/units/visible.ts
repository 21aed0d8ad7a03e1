const unsafe = new RegExp(
  [
    // Control characters that a terminal obeys: C0 except tab and newline, DEL, C1.
    '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]',
    // Line and paragraph separators; marks that reorder text; invisible characters.
    '[\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]',
    // Halves of a surrogate pair; code points that no text may have, such as U+FFFE, which XML 1.0 refuses.
    '\\p{Cs}|\\p{Noncharacter_Code_Point}',
  ].join('|'),
  'gu',
)

const named: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\u001b': '\\e',
}

/**
 * Text that is safe to print: each control character, line separator and mark that reorders text becomes an escape. A
 * program could otherwise clear the terminal or forge a message. Tabs and newlines stay.
 *
 * @example
 * visible('a\u001b[31mb\r') // 'a\\e[31mb\\r'
 */
export function visible(text: string): string {
  return text.replace(unsafe, escapeCharacter)
}

/**
 * Text that is safe to print on one line: like `visible()`, with tabs and newlines as escapes too.
 *
 * @example
 * visibleLine('a\n  hint: b') // 'a\\n  hint: b'
 */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\t\n]/g, escapeCharacter)
}

/** One character as an escape: `\e`, `\x7f`, `\u202e`, `\u{e0041}`. */
export function escapeCharacter(character: string): string {
  const name = named[character]
  if (name !== undefined) return name
  const code = character.codePointAt(0) ?? 0
  const digits = code.toString(16)
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`
}

/**
 * A value in quotes that is safe to print: text on one line, every other value as JSON.
 *
 * @example quoted('/work/a\u001b[2K') // '"/work/a\\u001b[2K"'
 */
export function quoted(value: unknown): string {
  return visible(JSON.stringify(value) ?? String(value))
}

/**
 * A value as JSON that is safe to print: like `JSON.stringify()`, but each character that `visible()` escapes is an
 * escape of JSON. A reader of the JSON gets the same value.
 *
 * @param indent spaces for each level; 0 writes one line
 *
 * @example printableJson('a\u009b2J') // '"a\\u009b2J"'
 */
export function printableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(unsafe, escapeUnits)
}

/**
 * Text of a TOML document that is safe to print: in its strings, each character that `visible()` escapes is an escape of
 * TOML. A reader of the document gets the same values, apart from halves of a surrogate pair, which no text file has.
 *
 * @example printableToml('a = "\u202e"') // 'a = "\\u202e"'
 */
export const printableToml = (toml: string): string =>
  toml.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0
    // TOML has no escape for half of a surrogate pair.
    const digits = (code >= 0xd800 && code <= 0xdfff ? 0xfffd : code).toString(16)
    return digits.length > 4 ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`
  })

// JSON knows only escapes of 16 bits.
const escapeUnits = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
  }).join('')
