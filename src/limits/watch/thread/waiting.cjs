// @ts-check
// Whether a run waits for a processor, and whether it chose to wait.
'use strict'

const { read, statFields } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * The longest time, in milliseconds, that one thread was ready to run. The thread ran, or waited for a processor
 * (proc_pid_schedstat(5)). This time minus the processor time of the whole run is the delay that other programs caused.
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
 * Whether a thread has a lower priority than the init. Any program may lower its own priority: by its nice value
 * (nice(2)), its scheduling policy or its autogroup (sched(7)).
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
 * The nice value of a process's autogroup; 0 if the kernel has no autogroups.
 *
 * @param {number} pid
 */
const groupNiceOf = (pid) => Number(/ nice (-?\d+)/.exec(read(`/proc/${pid}/autogroup`))?.[1] ?? 0)

module.exports = { hasLowerPriority, longestWaitAndRunMs }
