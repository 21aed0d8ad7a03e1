import { O_CLOEXEC, O_WRONLY } from '../../linux/constants.ts'
import { load, type Step, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'

const starter = stepsOf('starter')
const DONE = 'starter.scored'

/**
 * Steps with which the starter sets its own score for the kernel's OOM killer (proc_pid_oom_score_adj(5)). The caller's
 * score may be the lowest possible one. A write by root also sets the lowest score that the program may choose, so the
 * program cannot return to the caller's score.
 */
export const oomScoreSteps = (score: number): Step[] => [
  starter('openat', [FD.proc, text('self/oom_score_adj'), O_WRONLY | O_CLOEXEC, 0], {
    store: 'init.fd',
    onError: { goto: DONE },
  }),
  // Only root may set a score that is lower than the caller's.
  starter('write', [load('init.fd'), text(`${score}`), `${score}`.length], {
    shown: `"/proc/self/oom_score_adj", "${score}"`,
    onError: 'continue',
  }),
  starter('close', [load('init.fd')]),
  starter('getpid', [], { label: DONE }),
]
