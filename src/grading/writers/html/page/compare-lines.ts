import { el, safe } from './dom.ts'

/**
 * Above this number of lines, `compareLines()` compares the lines one by one. The table for the longest common
 * subsequence grows with the square of the number of lines.
 */
const mostLines = 400

type Part = readonly ['same' | 'del' | 'ins', string]

/** The expected and received lines as one list of kept, missing and extra lines. */
export function diff(expected: string, received: string): HTMLElement {
  const parts = compareLines(expected.split('\n'), received.split('\n'))
  return el(
    'pre',
    { tabindex: 0, 'aria-label': 'Difference: - is expected, + is what the program printed' },
    parts.map(([kind, text]) => el('span', { class: kind }, safe(text))),
  )
}

/** The shortest list of changes, by the longest common subsequence of lines. */
export function compareLines(a: readonly string[], b: readonly string[]): Part[] {
  if (a.length > mostLines || b.length > mostLines) return compareInOrder(a, b)
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i]
      if (row !== undefined) {
        row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
      }
    }
  }
  const parts: Part[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      parts.push(['same', a[i] ?? ''])
      i++
      j++
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      parts.push(['del', a[i++] ?? ''])
    } else {
      parts.push(['ins', b[j++] ?? ''])
    }
  }
  return parts
}

function compareInOrder(a: readonly string[], b: readonly string[]): Part[] {
  const parts: Part[] = []
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one, two] = [a[index], b[index]]
    if (one === two && one !== undefined) parts.push(['same', one])
    else {
      if (one !== undefined) parts.push(['del', one])
      if (two !== undefined) parts.push(['ins', two])
    }
  }
  return parts
}
