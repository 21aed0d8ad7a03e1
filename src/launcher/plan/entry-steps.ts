import { CLOCK_MONOTONIC } from '../../linux/constants.ts'
import type { Symbols } from '../image/assemble.ts'
import { REQUEST_ADDRESS, STEP_SIZE } from '../machine/memory-layout.ts'
import { at, type Step, stepsOf } from '../step.ts'

/**
 * The labels at which the image goes on in a run's request. The image is made before any request, so
 * each is a step of its own at a fixed place, the request's first, from which it goes on.
 */
export const ENTRY = {
  /** The init has built what depends on the policy alone. */
  mounts: 'request.mounts',
  /** The target has its request: the run's time starts. */
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
export const ENTERED = { mounts: 'mounts', target: 'target.run', over: 'over' } as const

/** Where among a request's steps the target comes first. */
export const TARGET_ENTRY = entries.indexOf(ENTRY.target)

/**
 * The request's first steps, each with the step that follows; the init's are calls without effect.
 *
 * @param complete whether the image builds all of the root, and goes on in no request's mounts
 */
export const entrySteps = (complete: boolean): Step[] =>
  (Object.keys(ENTRY) as (keyof typeof ENTRY)[]).map((name) => {
    const next = { goto: ENTERED[name] }
    if (name === 'target') {
      return stepsOf('target')('clock_gettime', [CLOCK_MONOTONIC, at('end.start')], { next })
    }
    const init = stepsOf('init')
    if (complete && name === 'mounts') return init('exit_group', [1])
    return init('getpid', [], { next })
  })
