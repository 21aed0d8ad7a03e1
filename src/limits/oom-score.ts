import { readFileSync, writeFileSync } from 'node:fs'

const OWN_SCORE = '/proc/self/oom_score_adj'
/** OOM_SCORE_ADJ_MIN: the kernel never kills a process with this score when memory runs out. */
const NEVER = -1000
/** The score of a sandbox's own processes. Its program starts with 1000, and can go down to this score at most. */
const SANDBOX_SCORE = 500

let sandboxScore: number | undefined

/**
 * Makes the kernel's OOM killer spare this process, where the user may ask for that, and returns the score of a
 * sandbox.
 *
 * The kernel frees page tables last. After it has killed a program that has gigabytes of them, it still finds no memory
 * and kills the next process. In a container the next process is the test runner, unless its score is the lowest. Only
 * CAP_SYS_RESOURCE may lower a score.
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
