import { generalNotes } from './general.mjs'
import { limitsNotes } from './limits.mjs'
import { mountsNotes } from './mounts.mjs'
import { seccompNotes } from './seccomp.mjs'

/**
 * The text of the reference in docs/policy-keys.md about a policy's keys, in addition to the schema. A note has the unit,
 * the default, an example, and the dangers from which a key protects or does not protect.
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
