import { CLOCK_MONOTONIC } from '../../linux/constants.ts'
import type { Symbols } from '../image/segment-memory.ts'
import { REQUEST_ADDRESS, STEP_SIZE } from '../machine/memory-layout.ts'
import { at, type Step, stepsOf } from '../step.ts'

/**
 * The labels at which the image continues in a run's request. The image exists before any request, so each
 * label means a step at a fixed place at the start of the request. The request continues from that step.
 */
export const ENTRY = {
  /** The init has built what depends on the policy alone. */
  mounts: 'request.mounts',
  /** The target has received its request. The run's time starts. */
  target: 'request.target',
  /** The program and all its descendants have ended. */
  over: 'request.over',
} as const

const entries = Object.values(ENTRY)

/** The addresses of the labels. */
export const entrySymbols: Symbols = new Map(
  entries.map((label, index) => [label, REQUEST_ADDRESS + index * STEP_SIZE]),
)

/** The labels in the request to which the entries of {@link ENTRY} lead. */
export const ENTERED = { mounts: 'mounts', target: 'target.run', over: 'over' } as const

/** The index of the first request step of the target. */
export const TARGET_ENTRY = entries.indexOf(ENTRY.target)

/**
 * The request's first steps. Each leads to the part of the request for its entry. The init's steps have no effect.
 *
 * @param complete whether the image builds the whole root, so that no request's mounts follow
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
