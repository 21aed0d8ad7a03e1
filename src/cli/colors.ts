import { isatty } from 'node:tty'

/** The descriptors of the standard streams for text. */
export const STDOUT = 1
export const STDERR = 2

// ECMA-48, SGR: the codes that begin and end a style.
const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

/** Functions that colour a text. If colours are off, the functions return the text unchanged. */
export type Colors = Readonly<Record<keyof typeof styles, (text: string) => string>>

/**
 * Returns functions that colour a text if the stream is a terminal or FORCE_COLOR is set. NO_COLOR turns colours off.
 * The function tests the descriptor and not `process.stdout`. The first use of `process.stdout` makes a pipe
 * non-blocking, and the program that inherits the pipe would then get a non-blocking pipe too.
 *
 * @see https://no-color.org
 */
export function colorsFor(fd: typeof STDOUT | typeof STDERR): Colors {
  const enabled = hasColors(fd)
  const paints = Object.entries(styles).map(([name, [begin, end]]) => [
    name,
    (text: string) => (enabled ? `\u001b[${begin}m${text}\u001b[${end}m` : text),
  ])
  return Object.fromEntries(paints) as Colors
}

function hasColors(fd: number): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return false
  const forced = FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR)
  return forced || (isatty(fd) && TERM !== 'dumb')
}
