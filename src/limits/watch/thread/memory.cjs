// @ts-check
// The memory that a tree uses. The watch reads cheap figures first, and exact figures only if the cheap figures are
// over the limit.
'use strict'

const { confirmedBytes, leastBytes } = require('./exact.cjs')
const { diskBytes, readHeld, sharedOf } = require('./held.cjs')
const { mostKernelBytes, quickKernelBytes } = require('./kernel.cjs')
const { Growth, kernelBytes, readMachine } = require('./machine.cjs')
const { isGone } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */
/** @typedef {import('./held.cjs').Held} Held */

/**
 * The result of a look, in bytes.
 *
 * @typedef {object} Usage
 * @property {number} used the memory of the tree: the cheap figure if this figure is below the limit, and otherwise the
 *   exact figure
 * @property {number} most the memory of the tree if the tree has all the memory that the machine lost
 */

/**
 * The interval, in milliseconds, at which the watch reads descriptors even if the machine's shared memory does not
 * grow.
 */
const DESCRIPTORS_MS = 100
/** The gain of the machine's shared memory, in bytes, after which the watch reads descriptors again. */
const SHARED_STEP = 4 * 1024 * 1024
/** The shortest interval between two reads of the kernel's own memory, in milliseconds. */
const KERNEL_MS = 3
/** The change of the kernel's memory, in bytes, that other programs cause at any time. */
const KERNEL_NOISE = 16 * 1024 * 1024

/** The memory of one run. */
class Memory {
  /**
   * @param {number} limitBytes
   * @param {number} suppliedBytes the files that Gradebox puts into the run's tmpfs
   */
  constructor(limitBytes, suppliedBytes) {
    this.limitBytes = limitBytes
    this.suppliedBytes = suppliedBytes
    this.shared = new Growth()
    this.kernel = new Growth()
    this.leastTouched = Infinity
    this.nextKernel = 0
    /** The excess of the kernel's own memory over the part that belongs to other processes. */
    this.kernelGrown = 0
    /** @type {Held} */
    this.held = { memfds: new Map(), isHidden: false }
    this.nextHeld = 0
    /** The excess of the machine's shared memory over the other processes' part, at the last read of descriptors. */
    this.grownAtHeld = 0
    /** The number of looks in a row in which a vfork's child was counted with its parent. */
    this.twinLooks = 0
  }

  /**
   * @param {Process[]} processes
   * @param {() => Process[]} again reads the tree once more
   * @returns {Usage}
   */
  read(processes, again) {
    const machine = readMachine()
    this.leastTouched = Math.min(this.leastTouched, machine.touchedBytes)
    const disk = Math.max(0, diskBytes(processes) - this.suppliedBytes)
    const tables = sum(processes, 'tableBytes')
    const shared = Math.max(0, sum(processes, 'sharedBytes') - this.suppliedBytes)
    const grown = this.shared.of(machine.sharedBytes)
    const isDue = grown > this.grownAtHeld + SHARED_STEP || performance.now() >= this.nextHeld
    if (isDue) this.readHeld(processes, grown)
    const own = sum(processes, 'anonBytes') + tables + disk + shared
    // A process may have closed a memfd since the last read of descriptors.
    if (!isDue && own + sizeOf(this.held) > this.limitBytes) this.readHeld(processes, grown)
    const files = disk + sizeOf(this.held)
    let used = own - disk + files
    if (used <= this.limitBytes) this.twinLooks = 0
    else {
      const least = leastBytes(processes) + tables + files
      used =
        least > this.limitBytes
          ? least
          : confirmedBytes(this, processes, { files, kernel: tables, again })
    }
    const unseen = Math.max(0, grown - files - shared)
    if (used <= this.limitBytes && used + unseen > this.limitBytes)
      used += this.unseenShared(processes, machine, { grown, known: files + shared })
    const kernel = used > this.limitBytes ? 0 : this.kernelBytes(processes, this.limitBytes - used)
    return { used: used + kernel, most: used + unseen + this.kernelGrown }
  }

  /**
   * @param {Process[]} processes
   * @param {number} grown
   */
  readHeld(processes, grown) {
    this.held = readHeld(processes)
    this.grownAtHeld = grown
    this.nextHeld = performance.now() + DESCRIPTORS_MS
  }

  /**
   * Shared memory that the machine gained since the run's start and that the tree's figures do not show. This memory
   * counts up to the size of the tree's objects that may contain it. If the watch cannot read some of these objects,
   * this memory counts in full.
   *
   * @param {Process[]} processes
   * @param {import('./machine.cjs').Machine} machine
   * @param {{ grown: number, known: number }} seen
   */
  unseenShared(processes, machine, { grown, known }) {
    const mapped = this.held.isHidden ? Infinity : mappedBytes(processes, this.held)
    this.shared.attribute(machine.sharedBytes, known + mapped)
    return Math.min(grown - known, mapped)
  }

  /**
   * The kernel's own memory for a tree; 0 if the limit has room for this memory, or if the last read was a moment ago.
   * The figure is the machine's gain, but no more than the tree's objects can take.
   *
   * @param {Process[]} processes
   * @param {number} room
   */
  kernelBytes(processes, room) {
    if (performance.now() < this.nextKernel) return 0
    const isFirst = this.kernel.others === Infinity
    if (!isFirst && quickKernelBytes(processes) < room) return 0
    const now = kernelBytes()
    this.kernelGrown = this.kernel.of(now)
    this.nextKernel = performance.now() + KERNEL_MS
    const gained = this.kernelGrown - KERNEL_NOISE
    if (gained <= room) return 0
    const most = mostKernelBytes(processes, gained)
    this.kernel.attribute(now, most + KERNEL_NOISE)
    return Math.min(gained, most)
  }
}

/** @typedef {'anonBytes' | 'sharedBytes' | 'tableBytes'} Figure */

/**
 * @param {Process[]} processes
 * @param {Figure} name
 */
const sum = (processes, name) => processes.reduce((total, process) => total + process[name], 0)

/** @param {Held} held */
const sizeOf = ({ memfds }) => [...memfds.values()].reduce((total, size) => total + size, 0)

/**
 * The size of all shared mappings without a descriptor. The pages of a mapping stay as long as the mapping, even if no
 * process has them in its page tables (MADV_DONTNEED).
 *
 * @param {Process[]} processes
 * @param {Held} held
 */
function mappedBytes(processes, { memfds }) {
  const known = new Set(memfds.keys())
  /** @type {Map<string, number>} */
  const sizes = new Map()
  for (const { path } of processes) {
    const shared = sharedOf(path, known)
    if (shared === undefined && !isGone(path)) return Infinity
    for (const [inode, size] of shared?.sizes ?? [])
      sizes.set(inode, Math.max(size, sizes.get(inode) ?? 0))
  }
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}

module.exports = { Memory }
