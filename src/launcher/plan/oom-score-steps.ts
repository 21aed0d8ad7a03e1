import { O_CLOEXEC, O_WRONLY } from '../../linux/constants.ts'
import { load, type Step, stepsOf, text } from '../step.ts'
import { FD } from './fd-numbers.ts'

const starter = stepsOf('starter')
const DONE = 'starter.scored'

/**
 * Steps with which the starter takes a score of its own for the kernel's OOM killer (proc_pid_oom_score_adj(5)). The
 * caller's may be the lowest there is. Root's write also sets the lowest that the program may go back to, so the
 * program cannot take the caller's score.
 */
export const oomScoreSteps = (score: number): Step[] => [
  starter('openat', [FD.proc, text('self/oom_score_adj'), O_WRONLY | O_CLOEXEC, 0], {
    store: 'init.fd',
    onError: { goto: DONE },
  }),
  // Where the caller's score is higher, only root may go below it.
  starter('write', [load('init.fd'), text(`${score}`), `${score}`.length], {
    shown: `"/proc/self/oom_score_adj", "${score}"`,
    onError: 'continue',
  }),
  starter('close', [load('init.fd')]),
  starter('getpid', [], { label: DONE }),
]
