/** @typedef {import('../../src/limits/table.ts').LimitRow} LimitRow */

/** @type {Readonly<Record<LimitRow['kind'], string>>} */
const units = { duration: 'time', size: 'size', count: 'a count', processors: 'processors' }

/** @param {string} key @param {LimitRow} row @returns {[string, import('./notes.mjs').KeyNote]} */
const note = (key, { kind, docs }) => [
  `limits.${key}`,
  {
    unit: docs.unit ?? units[kind],
    default: docs.absent,
    protects: docs.protects,
    not: docs.not,
    example: `limits.${key} = ${docs.example}`,
  },
]

/**
 * The notes on the limits.
 *
 * @param {readonly (readonly [string, LimitRow])[]} limitRows the table of limits
 * @returns {import('./notes.mjs').KeyNotes}
 */
export const limitsNotes = (limitRows) => ({
  require: {
    default: 'none: Gradebox holds each limit in the strongest way that the machine offers',
    protects:
      'Grades that depend on the machine: Gradebox runs nothing where the machine offers only a weaker way.',
    not: 'Limits that the policy does not set: Gradebox does not hold them at all.',
    example: 'require = ["memory:cgroup"]\n\n[limits]\nmemory = "64MiB"',
  },
  limits: {
    default: 'only `cpus` is limited',
    protects: 'See its keys.',
    not: "Resources that no key names: memory bandwidth, heat, the kernel's own work for the program.",
    example: '[limits]\nwalltime = "2s"\nmemory = "64MiB"',
  },
  ...Object.fromEntries(limitRows.map(([key, row]) => note(key, row))),
  ...Object.fromEntries(
    limitRows.flatMap(([, row]) => (row.hakoniwa === undefined ? [] : [note(row.hakoniwa, row)])),
  ),
})
