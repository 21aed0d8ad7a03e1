// @ts-check
const FIRST = '<!-- groups: npm run seccomp-docs -->'
const LAST = '<!-- end of groups -->'

/**
 * Where the groups and the calls' numbers come from: the source, or the built package.
 *
 * @typedef {object} Groups
 * @property {typeof import('../src/seccomp/rules/groups.ts').syscallGroups} syscallGroups
 * @property {typeof import('../src/linux/syscalls.ts').syscallNumber} syscallNumber
 */

/**
 * Replaces the groups of system calls in the documentation by the current ones.
 *
 * @param {string} markdown docs/seccomp.md
 * @param {Groups} groups
 */
export function documentGroups(markdown, { syscallGroups, syscallNumber }) {
  const [start, end] = [markdown.indexOf(FIRST), markdown.indexOf(LAST)]
  if (start < 0 || end < start) throw new Error(`The text has no place for groups: ${FIRST}`)
  // Marks a call that only one machine has, so that nobody misses it on the other.
  const marked = (/** @type {string} */ name) => {
    const [x64, arm64] = [syscallNumber(name, 'x64'), syscallNumber(name, 'arm64')]
    if (x64 !== undefined && arm64 !== undefined) return name
    return x64 === undefined ? `${name} (arm64)` : `${name} (x64)`
  }
  const sections = syscallGroups.map(
    ({ name, about, syscalls }) =>
      `### \`${name}\`\n\n${about}\n\n${syscalls.map(marked).join(', ')}\n`,
  )
  const before = markdown.slice(0, start + FIRST.length)
  return `${before}\n\n${sections.join('\n')}\n${markdown.slice(end)}`
}
