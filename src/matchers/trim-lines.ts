/**
 * Text without the white space at the ends of its lines and without the empty lines at its end.
 *
 * @example
 * trimLines('a \nb\r\n\n') // 'a\nb'
 */
export function trimLines(text: string): string {
  // Not a regular expression: those for trailing white space are quadratic, and this text is a student's.
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()
}
