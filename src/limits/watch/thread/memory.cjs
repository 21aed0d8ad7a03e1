// @ts-check
// How much memory a tree uses: cheap figures first, exact ones only where the cheap ones are over the limit.
'use strict'

const { mappingBytes, readHeld, readKernelUse, sharedOf } = require('./held.cjs')
const { bytes, isGone, read, threadCpuMs } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * What a run's memory is compared with.
 *
 * @typedef {object} MemoryState
 * @property {number} limitBytes
 * @property {number} suppliedBytes files that we put into its tmpfs
 * @property {number} leastShmem the machine's least shared memory since the run's start
 * @property {number} mostAvailable the machine's most available memory since the run's start
 * @property {number} nextHidden when what no figure shows is looked for again, on the clock of performance.now()
 * @property {Map<number, { bytes: number, at: number }>} mappings what each process's mappings take
 * @property {number} twinLooks how often in a row a vfork's child was counted with its parent
 */

/**
 * What counts beside the processes' own pages.
 *
 * @typedef {object} Counted
 * @property {import('./held.cjs').Held} held
 * @property {number} files memfds and files in the tmpfs, in bytes
 * @property {number} kernel page tables and mappings, in bytes
 * @property {() => Process[]} again reads the tree once more
 */

/**
 * The longest processor time for exact figures, normally and while tree and machine grow, in milliseconds.
 */
const LONGEST_MS = 200
const LONG_MS = 20
/** The size of the mappings of a process whose list is short enough to read: some thousand mappings. */
const SHORT_LIST = 256 * 1024
/** The growth of tree and machine in that case. */
const GROWTH = 32 * 1024 * 1024
/** The interval at which the watch looks for memory that no figure shows, in milliseconds. */
const HIDDEN_MS = 10
/** The number of times to read exact figures again while processes come and go. */
const MOST_PASSES = 4
/**
 * For this many looks the watch takes a copy of a process for a vfork's child, which has no memory of its
 * own.
 */
const MOST_TWIN_LOOKS = 3

/** The machine's own figures, for what no process shows: proc_meminfo(5). */
function readMachine() {
  const text = `\n${read('/proc/meminfo')}`
  const swapFree = bytes(text, 'SwapFree:')
  return {
    // Memory in swap is also in use.
    availableBytes: bytes(text, 'MemAvailable:') + swapFree,
    sharedBytes: bytes(text, 'Shmem:') + bytes(text, 'SwapTotal:') - swapFree,
  }
}

/**
 * The memory of a tree in bytes: at most what it really uses where that is below the limit, else exact.
 *
 * @param {MemoryState} state
 * @param {Process[]} processes
 * @param {() => Process[]} again reads the tree once more
 */
function memoryOf(state, processes, again) {
  const machine = readMachine()
  state.leastShmem = Math.min(state.leastShmem, machine.sharedBytes)
  state.mostAvailable = Math.max(state.mostAvailable, machine.availableBytes)
  const held = readHeld(processes)
  let files = Math.max(0, held.diskBytes - state.suppliedBytes)
  for (const size of held.memfds.values()) files += size
  const kernel = sum(processes, 'tableBytes') + mappingBytes(state.mappings, processes)
  const shared = Math.max(0, sum(processes, 'sharedBytes') - state.suppliedBytes)
  let used = sum(processes, 'anonBytes') + kernel + files + shared
  if (used > state.limitBytes)
    used = confirmedBytes(state, processes, { held, files, kernel, again })
  else state.twinLooks = 0
  if (used <= state.limitBytes)
    used += hiddenBytes(state, processes, held, { used, known: files + shared, machine })
  return used
}

/**
 * @param {Process[]} processes
 * @param {'anonBytes' | 'sharedBytes' | 'tableBytes'} name
 */
const sum = (processes, name) => processes.reduce((total, process) => total + process[name], 0)

/**
 * A process's share of a page changes while processes come and go, and then the sum of all shares is wrong: a sum
 * over the limit counts only when the tree was the same before and after, or is over it each time.
 *
 * @param {MemoryState} state
 * @param {Process[]} processes
 * @param {Counted} counted
 */
function confirmedBytes(state, processes, counted) {
  let least = exactBytes(state, processes, counted)
  let before = processes
  for (let pass = 0; pass < MOST_PASSES && least > state.limitBytes; pass++) {
    const now = counted.again()
    if (isSameTree(before, now)) break
    least = Math.min(least, exactBytes(state, now, counted))
    before = now
  }
  return least
}

/**
 * @param {Process[]} one
 * @param {Process[]} other
 */
function isSameTree(one, other) {
  const pids = new Set(one.map(({ pid }) => pid))
  return one.length === other.length && other.every(({ pid }) => pids.has(pid))
}

/**
 * Each page counts once: proc_pid_smaps(5), Pss. A process that cannot be read counts in full.
 *
 * @param {MemoryState} state
 * @param {Process[]} processes
 * @param {Counted} counted
 */
function exactBytes(state, processes, { held, files, kernel, again }) {
  const started = threadCpuMs('thread-self')
  const available = readMachine().availableBytes
  let used = files + kernel
  const unread = withoutTwins(state, processes).sort((one, other) => sizeOf(other) - sizeOf(one))
  let rest = unread.reduce((total, process) => total + sizeOf(process), 0)
  for (const process of unread) {
    // The remaining processes are small: they fit in full, or none of them fits.
    if (used + rest <= state.limitBytes) break
    if (used > state.limitBytes) return used
    const tookMs = threadCpuMs('thread-self') - started
    const hasGrown = tookMs > LONG_MS && available - readMachine().availableBytes > GROWTH
    if (tookMs > LONGEST_MS || (hasGrown && sharesOf(again()) > sharesOf(processes) + GROWTH)) break
    rest -= sizeOf(process)
    used += exactSize(process, held, files > 0 && isShort(state, process))
  }
  return used + rest
}

/** @param {Process[]} processes */
const sharesOf = (processes) => sum(processes, 'anonBytes') + sum(processes, 'sharedBytes')

/**
 * @param {MemoryState} state
 * @param {Process} process
 */
const isShort = ({ mappings }, { pid }) => (mappings.get(pid)?.bytes ?? 0) < SHORT_LIST

/** @param {Process} process */
const sizeOf = ({ anonBytes, sharedBytes }) => anonBytes + sharedBytes

/**
 * @param {Process} process
 * @param {import('./held.cjs').Held} held
 * @param {boolean} isShared whether its shared pages may be in files that are counted, and are not too many to list
 */
function exactSize(process, { memfds }, isShared) {
  const rollup = read(`${process.path}/smaps_rollup`)
  // A process that has ended has given all back. A process that refuses to be read counts in full.
  if (!rollup.includes('\nPss_Anon:')) return isGone(process.path) ? 0 : sizeOf(process)
  const anonymous = bytes(rollup, 'Pss_Anon:') + bytes(rollup, 'SwapPss:')
  if (!isShared) return anonymous + bytes(rollup, 'Pss_Shmem:')
  const shared = sharedOf(process.path, new Set(memfds.keys()))
  return anonymous + (shared?.mappedBytes ?? bytes(rollup, 'Pss_Shmem:'))
}

/**
 * A vfork's child (vfork(2), posix_spawn(3)) shows its parent's memory until it executes a program. Such a copy is
 * not counted, but not for long: a fork's child looks the same, and may go on to fill its memory with its own.
 *
 * @param {MemoryState} state
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

/**
 * Memory that the machine lost since the run's start and that the tree's figures do not show, as far as the tree
 * holds what may have taken it. What cannot be read counts as all of it.
 *
 * @param {MemoryState} state
 * @param {Process[]} processes
 * @param {import('./held.cjs').Held} held
 * @param {{ used: number, known: number, machine: ReturnType<typeof readMachine> }} seen
 */
function hiddenBytes(state, processes, held, { used, known, machine }) {
  const room = state.limitBytes - used
  const grown = machine.sharedBytes - state.leastShmem - known
  const lost = state.mostAvailable - machine.availableBytes - used
  if (Math.max(grown, lost) <= room || performance.now() < state.nextHidden) return 0
  const started = performance.now()
  const kernel = readKernelUse(processes, lost - held.kernelBytes)
  const isHidden = held.isHidden || kernel.isHidden
  let hidden = 0
  if (grown > room) hidden = isHidden ? grown : Math.min(grown, mappedBytes(processes, held))
  if (lost > room) {
    const most = kernel.isHidden ? lost : held.kernelBytes + kernel.usedBytes
    hidden = Math.max(hidden, Math.min(lost, most))
  }
  const ended = performance.now()
  state.nextHidden = ended + Math.max(HIDDEN_MS, 4 * (ended - started))
  return hidden
}

/**
 * @param {Process[]} processes
 * @param {import('./held.cjs').Held} held
 */
function mappedBytes(processes, { memfds }) {
  const known = new Set(memfds.keys())
  /** @type {Map<string, number>} */
  const sizes = new Map()
  for (const { path } of processes) {
    const shared = sharedOf(path, known)
    if (shared === undefined && !isGone(path)) return Number.POSITIVE_INFINITY
    // A mapping keeps pages that no process has in its page tables any more (MADV_DONTNEED).
    for (const [inode, size] of shared?.sizes ?? [])
      sizes.set(inode, Math.max(size, sizes.get(inode) ?? 0))
  }
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}

module.exports = { memoryOf, readMachine }
