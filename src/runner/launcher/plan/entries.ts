import type { Symbols } from '../image/assemble.ts'
import { REQUEST_ADDRESS, STEP_SIZE } from '../machine/layout.ts'
import { type Step, stepsOf } from '../step.ts'

/**
 * The labels at which the image goes on in a run's request. The image is made before any request, so
 * each is a step of its own at a fixed place, the request's first, from which it goes on.
 */
export const ENTRY = {
  /** The init has built what depends on the policy alone. */
  mounts: 'request.mounts',
  /** The target was cloned. */
  target: 'request.target',
  /** The program and all its descendants are gone. */
  over: 'request.over',
} as const

const entries = Object.values(ENTRY)

/** Where they are. */
export const entrySymbols: Symbols = new Map(
  entries.map((label, index) => [label, REQUEST_ADDRESS + index * STEP_SIZE]),
)

/** The label in the request at which it goes on from an entry. */
export const ENTERED = { mounts: 'mounts', target: 'target', over: 'over' } as const

/**
 * The request's first steps: calls without effect, each with the step that follows.
 *
 * @param complete whether the image builds all of the root, and goes on in no request's mounts
 */
export const entrySteps = (complete: boolean): Step[] =>
  (Object.keys(ENTRY) as (keyof typeof ENTRY)[]).map((name) => {
    const step = stepsOf(name === 'target' ? 'target' : 'init')
    if (complete && name === 'mounts') return step('exit_group', [1])
    return step('getpid', [], { next: { goto: ENTERED[name] } })
  })

/** How many they are. */
export const ENTRIES = entries.length
