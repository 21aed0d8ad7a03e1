// @ts-check
// The processes of one run: all processes below the run's init.
'use strict'

const { bytes, field, list, read, statFields } = require('./proc.cjs')

/** @typedef {InstanceType<typeof import('./proc.cjs').KeptFiles>} KeptFiles */

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {string} path the folder of the process in /proc. If the first thread has ended, the folder of a running
 *   thread, because an ended thread shows no memory.
 * @property {number} parent the pid of the parent, below which the watch found the process
 * @property {number[]} threads
 * @property {number} anonBytes private memory, resident or in swap
 * @property {number} sharedBytes resident shared memory: mappings of memfds, tmpfs and System V segments
 * @property {number} peakBytes the peak of the resident memory
 * @property {number} tableBytes page tables and the table of descriptors, which no process shares
 * @property {number} descriptors the size of the table of descriptors
 * @property {number} fileBytes resident pages of mapped files, which the kernel can take back
 * @property {number} spaceBytes the peak of the address space, including reserved memory
 * @property {boolean} isCopy whether fork(2) or vfork(2) made the process, and the process has not executed a program
 *   since
 * @property {boolean} ignoresChildren whether the kernel forgets the CPU time of the process's children (times(2),
 *   SIGCHLD)
 * @property {number} cpuMs the CPU time of the process and of the children that it reaped
 */

/** proc_pid_stat(5) reports times in ticks; sysconf(_SC_CLK_TCK) is 100 on every supported Linux. */
const MS_PER_TICK = 10
/** A descriptor's place in the table: a pointer and two bits. */
const DESCRIPTOR_BYTES = 8.25
/** PF_FORKNOEXEC, linux/sched.h. */
const FORKED_ONLY = 0x40
const SIGCHLD_BIT = 1n << 16n
/** The number of times to list the init's children again, because a process can fork and exit to escape one listing. */
const ROUNDS = 4

/**
 * The processes below an init.
 *
 * @param {number} init
 * @param {KeptFiles} files
 * @returns {Process[]}
 */
function readTree(init, files) {
  /** @type {Map<number, Process>} */
  const found = new Map()
  for (let round = 0; round < ROUNDS; round++) {
    const before = found.size
    visit(init, found, files)
    // An orphan becomes the init's child (pid_namespaces(7)), so a second listing finds a process that moved.
    if (found.size === before) break
  }
  // Until the target executes the program, the target shares the init's memory. This memory is not the program's, so
  // the tree is empty until then.
  const processes = [...found.values()]
  const isStarted = processes.some(({ parent, isCopy }) => parent === init && !isCopy)
  return isStarted ? processes : []
}

/**
 * @param {number} init
 * @param {Map<number, Process>} found
 * @param {KeptFiles} files
 */
function visit(init, found, files) {
  const waiting = childrenOf(init, [init], files).map((pid) => [pid, init])
  if (waiting.length === 0 && read(`/proc/${init}/status`) === '') {
    waiting.push(...childrenByParent(init).map((pid) => [pid, init]))
  }
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [pid = 0, parent = 0] = next
    if (found.has(pid)) continue
    const process = readProcess(pid, parent, files)
    if (process === undefined) continue
    found.set(pid, process)
    for (const child of childrenOf(pid, process.threads, files)) waiting.push([child, pid])
  }
}

/**
 * @param {number} pid
 * @param {number} parent
 * @param {KeptFiles} files
 * @returns {Process | undefined}
 */
function readProcess(pid, parent, files) {
  // The stat file shows whether the process is a copy, so the function reads this file first. Between two reads, the
  // process may execute a program and then have memory of its own.
  const stat = files.read(`/proc/${pid}/stat`)
  const leader = files.read(`/proc/${pid}/status`)
  if (leader === '') return undefined
  const threads = threadsOf(pid, leader)
  const path = leader.includes('\nVmRSS:') ? `/proc/${pid}` : liveThread(pid, threads)
  const status = path === `/proc/${pid}` ? leader : files.read(`${path}/status`)
  const descriptors = field(status, 'FDSize:')
  const fields = statFields(stat)
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0)
  return {
    pid,
    path,
    parent,
    threads,
    anonBytes: bytes(status, 'RssAnon:') + bytes(status, 'VmSwap:'),
    sharedBytes: bytes(status, 'RssShmem:'),
    peakBytes: bytes(status, 'VmHWM:') + bytes(status, 'VmSwap:'),
    tableBytes: bytes(status, 'VmPTE:') + descriptors * DESCRIPTOR_BYTES,
    descriptors,
    fileBytes: bytes(status, 'RssFile:'),
    spaceBytes: bytes(status, 'VmPeak:'),
    isCopy: (Number(fields[6] ?? 0) & FORKED_ONLY) !== 0,
    ignoresChildren: ignoresChildren(status || leader),
    cpuMs: ticks * MS_PER_TICK,
  }
}

/**
 * @param {number} pid
 * @param {number[]} threads
 */
function liveThread(pid, threads) {
  const paths = threads.map((thread) => `/proc/${pid}/task/${thread}`)
  return paths.find((path) => read(`${path}/status`).includes('\nVmRSS:')) ?? `/proc/${pid}`
}

/** @param {string} status */
function ignoresChildren(status) {
  const mask = /\nSigIgn:\s+([0-9a-f]+)/.exec(status)?.[1]
  return mask !== undefined && (BigInt(`0x${mask}`) & SIGCHLD_BIT) !== 0n
}

/**
 * @param {number} pid
 * @param {string} status
 * @returns {number[]}
 */
function threadsOf(pid, status) {
  if (field(status, 'Threads:') === 1) return [pid]
  return (list(`/proc/${pid}/task`) ?? []).map(Number)
}

// Each thread has its own children, and all of them belong to the process.
/**
 * @param {number} pid
 * @param {number[]} threads
 * @param {KeptFiles} files
 * @returns {number[]}
 */
const childrenOf = (pid, threads, files) =>
  threads.flatMap((thread) =>
    files
      .read(`/proc/${pid}/task/${thread}/children`)
      .split(' ')
      .flatMap((word) => (/^\d/.test(word) ? [Number(word)] : [])),
  )

// If /proc hides the processes of other users (hidepid=, proc(5)), /proc also hides the undumpable init. However, /proc
// does not hide the processes in the user namespace that this process owns.
/**
 * @param {number} parent
 * @returns {number[]}
 */
function childrenByParent(parent) {
  const line = new RegExp(`^PPid:\\s+${parent}$`, 'm')
  return (list('/proc') ?? [])
    .filter((name) => /^\d+$/.test(name) && line.test(read(`/proc/${name}/status`)))
    .map(Number)
}

module.exports = { readTree }
