import { isatty } from 'node:tty'
import picocolors from 'picocolors'

type Colors = ReturnType<typeof picocolors.createColors>

/** Descriptors of the standard streams that text is written to. */
export const STDOUT = 1
export const STDERR = 2

/**
 * Colours for one stream: on a terminal, and there not with NO_COLOR; FORCE_COLOR puts them anywhere.
 * Not picocolors' own choice, which also looks for flags among a sandboxed command's arguments. By
 * descriptor: to touch `process.stdout` makes a pipe non-blocking, also for a program that inherits it.
 *
 * @see https://no-color.org
 */
export function colorsFor(fd: typeof STDOUT | typeof STDERR): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return picocolors.createColors(false)
  const forced = FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR)
  return picocolors.createColors(forced || (isatty(fd) && TERM !== 'dumb'))
}
