import { readFileSync, writeFileSync } from 'node:fs'

const OWN_SCORE = '/proc/self/oom_score_adj'
/** OOM_SCORE_ADJ_MIN: the kernel never kills a process with this score when memory runs out. */
const NEVER = -1000
/** The score of a sandbox's own processes. The program starts with 1000, and can lower its score only to this value. */
const SANDBOX_SCORE = 500

let sandboxScore: number | undefined

/**
 * Makes the kernel's OOM killer spare this process if the user may lower a score, and returns the score of a sandbox.
 *
 * The kernel frees page tables last. After the kernel has killed a program with gigabytes of page tables, the kernel
 * still finds no memory, and kills the next process. In a container the next process is the test runner, unless the
 * test runner's score is the lowest. Only a process with CAP_SYS_RESOURCE may lower a score.
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
    // The process of an ordinary user keeps its score.
  }
  return Math.max(SANDBOX_SCORE, own)
}
