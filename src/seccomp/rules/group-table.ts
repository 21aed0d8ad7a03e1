import { syscallNumber } from '../../linux/syscalls.ts'
import { syscallGroups } from './groups.ts'

const FIRST = '<!-- groups: npm run seccomp-docs -->'
const LAST = '<!-- end of groups -->'

// Marks a call that only one machine has, so that nobody misses it on the other.
function marked(name: string): string {
  const [x64, arm64] = [syscallNumber(name, 'x64'), syscallNumber(name, 'arm64')]
  if (x64 !== undefined && arm64 !== undefined) return name
  return x64 === undefined ? `${name} (arm64)` : `${name} (x64)`
}

/** The groups of system calls, as docs/seccomp.md lists them. */
function groupSections(): string {
  return syscallGroups
    .map(({ name, about, syscalls }) => {
      return `### \`${name}\`\n\n${about}\n\n${syscalls.map(marked).join(', ')}\n`
    })
    .join('\n')
}

/**
 * Replaces the groups in the documentation by the current ones.
 *
 * @throws {Error} when the text has no place for them
 */
export function documentGroups(markdown: string): string {
  const [start, end] = [markdown.indexOf(FIRST), markdown.indexOf(LAST)]
  if (start < 0 || end < start) throw new Error(`The text has no place for groups: ${FIRST}`)
  const before = markdown.slice(0, start + FIRST.length)
  return `${before}\n\n${groupSections()}\n${markdown.slice(end)}`
}
