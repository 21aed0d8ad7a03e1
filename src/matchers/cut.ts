/**
 * Text that is not too long, or its beginning and end with its length between them.
 *
 * @param most - How many characters of it are shown at most.
 * @example
 * cutMiddle('abcdefgh', 4) // 'ab… (8 characters) …gh'
 */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text
  const end = Math.floor(most / 2)
  return `${text.slice(0, most - end)}… (${text.length} characters) …${text.slice(-end)}`
}
