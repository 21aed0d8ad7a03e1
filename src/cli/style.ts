import picocolors from 'picocolors'

type Colors = ReturnType<typeof picocolors.createColors>

/**
 * Colours for one stream: on a terminal, and there not with NO_COLOR; FORCE_COLOR puts them anywhere.
 * Not picocolors' own choice, which also looks for flags among a sandboxed command's arguments.
 *
 * @see https://no-color.org
 */
export function colorsFor(stream: { readonly isTTY?: boolean }): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR) return picocolors.createColors(false)
  const forced = FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR)
  return picocolors.createColors(forced || (stream.isTTY === true && TERM !== 'dumb'))
}
