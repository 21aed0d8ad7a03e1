import { readFileSync, writeFileSync } from 'node:fs'

const OWN_SCORE = '/proc/self/oom_score_adj'
/** OOM_SCORE_ADJ_MIN: the kernel never kills a process with this score for want of memory. */
const NEVER = -1000
/** The score of a sandbox's own processes. Its program has 1000 when it starts, and may go down to this one at most. */
const SANDBOX_SCORE = 500

let sandboxScore: number | undefined

/**
 * Has the kernel's OOM killer spare this process where it may, and says which score a sandbox gets.
 *
 * The kernel frees page tables last. After it has killed a program that has gigabytes of them, it still finds no memory
 * and kills the next process. In a container that is the test runner, whatever its score is, except the lowest.
 * Only CAP_SYS_RESOURCE may lower a score.
 */
export function spareFromOomKiller(): number {
  sandboxScore ??= lowerOwnScore()
  return sandboxScore
}

function lowerOwnScore(): number {
  let own = 0
  try {
    own = Number(readFileSync(OWN_SCORE, 'utf8'))
    writeFileSync(OWN_SCORE, `${NEVER}`)
  } catch {
    // An ordinary user keeps its score.
  }
  return Math.max(SANDBOX_SCORE, own)
}
