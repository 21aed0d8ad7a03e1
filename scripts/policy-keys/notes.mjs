import { generalNotes } from './general.mjs'
import { limitsNotes } from './limits.mjs'
import { mountsNotes } from './mounts.mjs'
import { seccompNotes } from './seccomp.mjs'

/**
 * What the reference in docs/policies.md says of a policy's keys besides what the schema says: unit,
 * default, what a key protects from, what not, and an example.
 *
 * @typedef {{ unit?: string, default: string, protects: string, not: string, example: string }} KeyNote
 * @typedef {Readonly<Record<string, KeyNote>>} KeyNotes
 */

/**
 * @param {Parameters<typeof limitsNotes>[0]} limitRows the table of limits
 * @returns {KeyNotes}
 */
export const keyNotes = (limitRows) => ({
  ...generalNotes,
  ...mountsNotes,
  ...limitsNotes(limitRows),
  ...seccompNotes,
})
