// @ts-check
// Whether a run waits for a processor, and whether it chose to wait.
'use strict'

const { read, statFields } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * The most time that one thread was ready to run: it ran, or it had no processor (proc_pid_schedstat(5)), in
 * milliseconds. After the processor time of the whole run is subtracted, the rest is how long other programs delayed
 * the thread.
 *
 * @param {Process[]} processes
 */
function longestWaitAndRunMs(processes) {
  let longest = 0
  for (const path of threadsOf(processes)) {
    const [ran, waited] = read(`${path}/schedstat`).split(' ')
    longest = Math.max(longest, (Number(ran) + Number(waited)) / 1e6 || 0)
  }
  return longest
}

/**
 * Whether a thread has a lower priority than the init, which any program may give itself: nice(2), sched(7), and
 * autogroups, which sched(7) describes too.
 *
 * @param {number} init
 * @param {Process[]} processes
 */
function hasLowerPriority(init, processes) {
  const own = priorityOf(`/proc/${init}`)
  const ownGroup = groupNiceOf(init)
  const isLower = (/** @type {string} */ path) => {
    const thread = priorityOf(path)
    if (thread === undefined || own === undefined) return false
    return thread.nice > own.nice || thread.policy !== own.policy
  }
  return (
    processes.some(({ pid }) => groupNiceOf(pid) > ownGroup) || threadsOf(processes).some(isLower)
  )
}

/** @param {Process[]} processes */
const threadsOf = (processes) =>
  processes.flatMap(({ pid, threads }) => threads.map((thread) => `/proc/${pid}/task/${thread}`))

/**
 * The nice value and the scheduling policy of a process or thread; undefined when it has ended.
 *
 * @param {string} path
 */
function priorityOf(path) {
  const stat = read(`${path}/stat`)
  if (stat === '') return undefined
  const fields = statFields(stat)
  return { nice: Number(fields[16] ?? 0), policy: Number(fields[38] ?? 0) }
}

/**
 * The nice value of a process's autogroup; 0 where the kernel has none.
 *
 * @param {number} pid
 */
const groupNiceOf = (pid) => Number(/ nice (-?\d+)/.exec(read(`/proc/${pid}/autogroup`))?.[1] ?? 0)

module.exports = { hasLowerPriority, longestWaitAndRunMs }
