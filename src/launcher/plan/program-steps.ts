import type { Arch } from '../machine/machine.ts'
import { type Area, labelled, type Step, stepsOf, text } from '../step.ts'
import {
  type Collection,
  collectAreas,
  collectSteps,
  diagnoseExecSteps,
  execAreas,
} from './collect-steps.ts'
import { ENTERED } from './entry-steps.ts'
import { FD } from './fd-numbers.ts'
import { type TargetOptions, targetSteps } from './target.ts'

const init = stepsOf('init')

/** The program of a request, and the files that the init collects after the program's end. */
export interface ProgramUse extends TargetOptions {
  readonly collect: Collection
}

/** The memory that {@link programSteps} need. */
export const programAreas = ({ candidates, collect }: ProgramUse): Area[] => [
  ...execAreas(candidates),
  ...collectAreas(collect),
]

/**
 * The end of every request: the init's steps after the program has ended, and the target's steps.
 *
 * @param root the directory to which the paths of the collected files are relative
 */
export function programSteps(use: ProgramUse, root: string, arch: Arch): Step[] {
  const { candidates, cwd, collect } = use
  return [
    ...labelled(ENTERED.over, diagnoseExecSteps(candidates, { cwd, done: 'collect' })),
    init('chdir', [text(root)], { label: 'collect' }),
    ...collectSteps(collect, arch),
    // Ends the report before exit_group, because the kernel closes the descriptors of an exiting process only after the
    // release of the namespaces.
    init('close', [FD.report]),
    init('exit_group', [0]),
    ...targetSteps(use),
  ]
}
