import { generalNotes } from './general.mjs'
import { limitsNotes } from './limits.mjs'
import { mountsNotes } from './mounts.mjs'
import { seccompNotes } from './seccomp.mjs'

/**
 * What the reference in docs/policies.md says about a policy's keys in addition to the schema: the unit, the
 * default, what a key protects from, what it does not protect from, and an example.
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
