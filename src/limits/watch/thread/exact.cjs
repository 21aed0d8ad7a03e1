// @ts-check
// Exact memory of a tree whose processes share pages. The sum of the processes' own figures would count a shared page
// many times.
'use strict'

const { sharedOf } = require('./held.cjs')
const { readMachine } = require('./machine.cjs')
const { bytes, isGone, read, threadCpuMs } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * The memory limit of a tree, and the facts about the tree so far.
 *
 * @typedef {object} State
 * @property {number} limitBytes
 * @property {number} leastTouched the lowest figure of all programs' memory since the run's start
 * @property {import('./held.cjs').Held} held
 * @property {number} twinLooks the number of looks in a row in which a vfork's child was counted with its parent
 */

/**
 * The memory in addition to the processes' own pages.
 *
 * @typedef {object} Counted
 * @property {number} files memfds and files in the tmpfs, in bytes
 * @property {number} kernel page tables, in bytes
 * @property {() => Process[]} again reads the tree once more
 */

/** The most processor time for exact figures, in milliseconds: in general, and while the tree grows. */
const LONGEST_MS = 200
const LONG_MS = 10
/** The growth of the tree, in bytes, from which the shorter time applies. */
const GROWTH = 24 * 1024 * 1024
/** The number of times to read exact figures again while processes come and go. */
const MOST_PASSES = 4
/** The number of looks during which a copy of a process counts as a vfork's child, which has no memory of its own. */
const MOST_TWIN_LOOKS = 3

/**
 * Private memory that the processes surely do not share. A process that executed a program shares nothing. A copy
 * shares with its parent at most the parent's peak. Copies whose parent ended are the init's children, and may share
 * all their memory with each other.
 *
 * @param {Process[]} processes
 */
function leastBytes(processes) {
  const byPid = new Map(processes.map((process) => [process.pid, process]))
  const own = (/** @type {Process} */ { isCopy, parent, anonBytes }) =>
    isCopy ? Math.max(0, anonBytes - (byPid.get(parent)?.peakBytes ?? Infinity)) : anonBytes
  return processes.reduce((total, process) => total + own(process), 0)
}

/**
 * A process's share of a page changes while processes come and go, and the sum of all shares is then wrong. A sum over
 * the limit therefore counts only if the tree was the same before and after, or if every sum is over the limit.
 *
 * @param {State} state
 * @param {Process[]} processes
 * @param {Counted} counted
 */
function confirmedBytes(state, processes, counted) {
  const isLate = lateness(state, processes, counted.again)
  let least = exactBytes(state, processes, counted, isLate)
  let before = processes
  for (let pass = 0; pass < MOST_PASSES && least > state.limitBytes && !isLate(); pass++) {
    const now = counted.again()
    if (isSameTree(before, now)) break
    least = Math.min(least, exactBytes(state, now, counted, isLate))
    before = now
  }
  return least
}

/**
 * Makes a function that returns whether the exact figures took too much of this thread's processor time. The allowed
 * time is shorter if the tree is surely over its limit by then. The allowed time is also shorter if the tree grows, and
 * all programs together gained more than the limit since the run's start.
 *
 * @param {State} state
 * @param {Process[]} processes
 * @param {() => Process[]} again
 */
function lateness(state, processes, again) {
  const started = threadCpuMs('thread-self')
  let nextCheck = started + LONG_MS
  return () => {
    const now = threadCpuMs('thread-self')
    if (now > started + LONGEST_MS) return true
    if (now < nextCheck) return false
    nextCheck = now + LONG_MS
    const tree = again()
    if (leastBytes(tree) > state.limitBytes) return true
    return gainOf(state) > state.limitBytes && sharesOf(tree) > sharesOf(processes) + GROWTH
  }
}

/**
 * The memory that all programs of the machine gained since the run's start.
 *
 * @param {State} state
 */
const gainOf = ({ leastTouched }) => readMachine().touchedBytes - leastTouched

/**
 * @param {Process[]} one
 * @param {Process[]} other
 */
function isSameTree(one, other) {
  const pids = new Set(one.map(({ pid }) => pid))
  return one.length === other.length && other.every(({ pid }) => pids.has(pid))
}

/**
 * Counts each page once (Pss, proc_pid_smaps(5)). A process that the watch cannot read counts in full.
 *
 * @param {State} state
 * @param {Process[]} processes
 * @param {Counted} counted
 * @param {() => boolean} isLate
 */
function exactBytes(state, processes, { files, kernel }, isLate) {
  let used = files + kernel
  const unread = withoutTwins(state, processes).sort((one, other) => sizeOf(other) - sizeOf(one))
  let rest = sharesOf(unread)
  for (const process of unread) {
    // The largest processes come first. The count stops if the rest fits below the limit, or if the count is over the
    // limit.
    if (used + rest <= state.limitBytes) break
    if (used > state.limitBytes) return used
    if (isLate()) return atMost(state, used, used + rest)
    rest -= sizeOf(process)
    used += exactSize(process, state.held, files > 0)
  }
  return used + rest
}

/**
 * The figure of a count that stopped early. If the gain of all programs is over the limit, the figure is at most this
 * gain.
 *
 * @param {State} state
 * @param {number} counted
 * @param {number} most
 */
function atMost(state, counted, most) {
  const gained = gainOf(state)
  return gained > state.limitBytes ? Math.max(counted, Math.min(most, gained)) : most
}

/** @param {Process[]} processes */
const sharesOf = (processes) => processes.reduce((total, process) => total + sizeOf(process), 0)

/** @param {Process} process */
const sizeOf = ({ anonBytes, sharedBytes }) => anonBytes + sharedBytes

/**
 * @param {Process} process
 * @param {import('./held.cjs').Held} held
 * @param {boolean} isShared whether the process's shared pages may be in files that the count already includes
 */
function exactSize(process, { memfds }, isShared) {
  const rollup = read(`${process.path}/smaps_rollup`)
  // A process that has ended has given back its memory. A process that the watch may not read counts in full.
  if (!rollup.includes('\nPss_Anon:')) return isGone(process.path) ? 0 : sizeOf(process)
  const anonymous = bytes(rollup, 'Pss_Anon:') + bytes(rollup, 'SwapPss:')
  const shared = bytes(rollup, 'Pss_Shmem:')
  if (!isShared || shared === 0) return anonymous + shared
  return anonymous + (sharedOf(process.path, new Set(memfds.keys()))?.mappedBytes ?? shared)
}

/**
 * A vfork's child (vfork(2), posix_spawn(3)) shows its parent's memory until it executes a program. The watch leaves
 * out such a copy, but only for some looks. A fork's child looks the same as a vfork's child, and may later fill memory
 * of its own.
 *
 * @param {State} state
 * @param {Process[]} processes
 */
function withoutTwins(state, processes) {
  const parents = new Map(processes.map((process) => [process.pid, process]))
  const others = processes.filter((process) => {
    const parent = parents.get(process.parent)
    return !process.isCopy || parent === undefined || !isClose(process, parent)
  })
  if (others.length === processes.length) return others
  state.twinLooks++
  return state.twinLooks > MOST_TWIN_LOOKS ? [...processes] : others
}

/**
 * @param {Process} one
 * @param {Process} other
 */
const isClose = (one, other) =>
  Math.abs(one.anonBytes - other.anonBytes) <= Math.max(1024 * 1024, other.anonBytes / 50)

module.exports = { confirmedBytes, leastBytes }
