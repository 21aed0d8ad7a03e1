// @ts-check
// The machine's own memory figures, for memory that no process shows.
'use strict'

const { bytes, read, startOf } = require('./proc.cjs')

/**
 * @typedef {object} Machine
 * @property {number} sharedBytes memory of tmpfs, memfds and shared mappings, including swap
 * @property {number} touchedBytes the shared memory, and all private memory
 */

/**
 * The figures that do not count as the kernel's own memory: proc_meminfo(5). Page tables and stacks count with their
 * processes.
 */
const OTHERS = [
  'MemFree',
  'Buffers',
  'Cached',
  'SwapCached',
  'AnonPages',
  'KReclaimable',
  'PageTables',
  'KernelStack',
]
const PAGE_SIZE = 4096
/** zoneinfo has some lines for each processor and zone. */
const LONGEST_ZONES = 1024 * 1024

/** @returns {Machine} */
function readMachine() {
  const text = readMeminfo()
  const swapped = bytes(text, 'SwapTotal:') - bytes(text, 'SwapFree:')
  const sharedBytes = bytes(text, 'Shmem:') + swapped
  return { sharedBytes, touchedBytes: sharedBytes + bytes(text, 'AnonPages:') }
}

const readMeminfo = () => `\n${read('/proc/meminfo')}`

/**
 * The memory that the kernel allocated for itself and cannot take back, without page tables, in bytes. Each processor
 * keeps a list of free pages that MemFree leaves out (zoneinfo, "pagesets"). The lists can contain hundreds of
 * megabytes.
 */
function kernelBytes() {
  const text = readMeminfo()
  const used = OTHERS.reduce(
    (rest, name) => rest - bytes(text, `${name}:`),
    bytes(text, 'MemTotal:'),
  )
  const lists = startOf('/proc/zoneinfo', LONGEST_ZONES) ?? ''
  let free = 0
  for (const [, count] of lists.matchAll(/^ +count: +(\d+)/gm)) free += Number(count) * PAGE_SIZE
  return used - free
}

/**
 * The part of a machine's figure that may belong to a run: the excess over the part that surely belongs to other
 * processes. The least figure since the run's start is the other processes' part.
 */
class Growth {
  constructor() {
    this.others = Infinity
  }

  /**
   * @param {number} now the machine's figure
   * @returns {number} the excess over the other processes' part
   */
  of(now) {
    this.others = Math.min(this.others, now)
    return now - this.others
  }

  /**
   * Records the largest part of the machine's figure that a run can have.
   *
   * @param {number} now
   * @param {number} most
   */
  attribute(now, most) {
    this.others = Math.max(this.others, now - most)
  }
}

module.exports = { Growth, kernelBytes, readMachine }
