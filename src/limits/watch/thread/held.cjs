// @ts-check
// Memory that a tree holds without mapping it: memfds, files of its tmpfs, sockets, pipes, locks, mappings.
'use strict'

const fs = require('node:fs')
const { bytes, isGone, isRefused, link, list, read, READ_SIZE, threadCpuMs } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * @typedef {object} Held
 * @property {Map<number, number>} memfds the size of each memfd that is open, by inode
 * @property {number} diskBytes files in the sandbox's tmpfs
 * @property {number} kernelBytes the most that its sockets, pipes and locks can hold
 * @property {boolean} isHidden whether a process refuses to be read, or descriptors are on their way
 */

/** The largest number of descriptors to read per look. A tree with more is not read to its end. */
const MOST_DESCRIPTORS = 4096
/** net.core.wmem_default and rmem_default: what a socket may queue on either side, in bytes. */
const SOCKET_BYTES = 2 * 212_992
/** linux/magic.h. */
const TMPFS_MAGIC = 0x0102_1994
/** pipe(7): the capacity of a pipe. */
const PIPE_BYTES = 64 * 1024
/** struct file_lock and its share of a slab. */
const LOCK_BYTES = 256
/** struct vm_area_struct and its share of a maple node. */
const MAPPING_BYTES = 256
/** The longest time of one look at the kernel's memory, in milliseconds. */
const KERNEL_USE_MS = 20
/** The interval between counts of mappings, and the longest processor time of one count, in milliseconds. */
const RECOUNT_MS = 500
const COUNT_MS = 10
/** vm.max_map_count. */
const MOST_MAPPINGS = 65_530

/**
 * What a tree's descriptors hold.
 *
 * @param {Process[]} processes
 * @returns {Held}
 */
function readHeld(processes) {
  /** @type {Held} */
  const held = { memfds: new Map(), diskBytes: 0, kernelBytes: 0, isHidden: false }
  /** @type {Set<string>} */
  const others = new Set()
  let left = MOST_DESCRIPTORS
  let hasDisk = false
  for (const { path } of processes) {
    const disk = hasDisk ? undefined : diskUse(path)
    if (disk !== undefined) {
      held.diskBytes = disk
      hasDisk = true
    }
    const descriptors = list(`${path}/fd`)
    if (descriptors === undefined) {
      held.isHidden ||= isRefused(path)
      continue
    }
    if (descriptors.length > left) held.isHidden = true
    for (const fd of descriptors.slice(0, left)) {
      addDescriptor(`${path}/fd/${fd}`, held.memfds, others)
    }
    left = Math.max(0, left - descriptors.length)
  }
  for (const name of others) held.kernelBytes += name.startsWith('s') ? SOCKET_BYTES : PIPE_BYTES
  return held
}

/**
 * @param {string} path
 * @param {Map<number, number>} memfds
 * @param {Set<string>} others
 */
function addDescriptor(path, memfds, others) {
  const name = link(path)
  if (name.startsWith('socket:') || name.startsWith('pipe:')) others.add(name)
  if (!name.startsWith('/memfd:')) return
  try {
    // The path is a link of /proc, so this opens no other file, and stat(2) blocks on nothing.
    const { ino, blocks } = fs.statSync(path)
    memfds.set(ino, blocks * 512)
  } catch {
    // The descriptor was closed meanwhile.
  }
}

/**
 * The use of the tmpfs that the sandbox's root is in, in bytes.
 *
 * @param {string} path the folder of a process or thread
 */
function diskUse(path) {
  try {
    const { type, blocks, bfree, bsize } = fs.statfsSync(`${path}/root`)
    return type === TMPFS_MAGIC ? (blocks - bfree) * bsize : 0
  } catch {
    return undefined
  }
}

/**
 * The most that a tree's locks take of the kernel's memory, and whether descriptors are on their
 * way through sockets. Read only when the machine lost more memory than the tree shows, for it takes long.
 *
 * @param {Process[]} processes
 * @param {number} enough stops at so many bytes
 */
function readKernelUse(processes, enough) {
  let used = 0
  let isHidden = false
  const latest = threadCpuMs('thread-self') + KERNEL_USE_MS
  for (const { path } of processes) {
    if (used > enough) break
    for (const fd of (list(`${path}/fd`) ?? []).slice(0, MOST_DESCRIPTORS)) {
      const info = read(`${path}/fdinfo/${fd}`)
      if (/\nscm_fds:\s+[1-9]/.test(info)) isHidden = true
      // A file with thousands of locks does not fit in one read, and the rest may be any number.
      if (info.length >= READ_SIZE / 2 && info.includes('\nlock:')) isHidden = true
      used += (info.split('\nlock:').length - 1) * LOCK_BYTES
      // The kernel takes milliseconds to list a file's thousand locks. Locks that this code does not read
      // count in full.
      if (isHidden || threadCpuMs('thread-self') > latest)
        return { usedBytes: used, isHidden: true }
    }
  }
  return { usedBytes: used, isHidden }
}

/**
 * The kernel's memory for the mappings of a tree, in bytes. Few processes are counted a look, for long lists of
 * mappings take long; the others keep the figures that they had.
 *
 * @param {Map<number, { bytes: number, at: number }>} known the figures, by process
 * @param {Process[]} processes
 */
function mappingBytes(known, processes) {
  const now = performance.now()
  const isDue = (/** @type {Process} */ { pid }) =>
    (known.get(pid)?.at ?? -Infinity) < now - RECOUNT_MS
  const latest = threadCpuMs('thread-self') + COUNT_MS
  for (const { pid, path } of processes.filter(isDue)) {
    if (threadCpuMs('thread-self') > latest) break
    const maps = readLong(`${path}/maps`)
    // A list that is too long or refused counts as the largest number of mappings.
    const count = maps === undefined ? (isGone(path) ? 0 : MOST_MAPPINGS) : maps.split('\n').length
    known.set(pid, { bytes: count * MAPPING_BYTES, at: now })
  }
  const living = new Set(processes.map(({ pid }) => pid))
  for (const pid of known.keys()) if (!living.has(pid)) known.delete(pid)
  return [...known.values()].reduce((total, { bytes }) => total + bytes, 0)
}

/**
 * A process's shared memory that no descriptor and no file of its tmpfs stands for.
 *
 * @param {string} path the folder of a process or thread
 * @param {ReadonlySet<number>} memfds the inodes that descriptors hold
 * @returns {{ mappedBytes: number, sizes: Map<string, number> } | undefined} the process's share of the pages that
 *   it has mapped, and the size of each such mapping by its inode; undefined where it cannot be known
 */
function sharedOf(path, memfds) {
  const text = readLong(`${path}/smaps`)
  if (text === undefined) return undefined
  const shared = { mappedBytes: 0, sizes: new Map() }
  for (const part of text.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, , , , inode = '', name = ''] = part.slice(0, part.indexOf('\n')).split(/\s+/)
    // Shared anonymous memory, System V segments, and memfds of which no descriptor is left.
    const isAlone = /^\/(?:dev\/zero|SYSV|memfd:)/.test(name) && !memfds.has(Number(inode))
    if (!isAlone) continue
    shared.mappedBytes += bytes(part, 'Pss:')
    shared.sizes.set(inode, (shared.sizes.get(inode) ?? 0) + bytes(part, 'Size:'))
  }
  return shared
}

/** A longer file of /proc belongs to thousands of mappings. */
const LONGEST = 1024 * 1024
/** @type {Buffer | undefined} */
let long

/**
 * @param {string} path
 * @returns {string | undefined} undefined when it is refused or too long
 */
function readLong(path) {
  long ??= Buffer.allocUnsafeSlow(LONGEST)
  let fd
  try {
    fd = fs.openSync(path, 'r')
    let length = 0
    for (let got = -1; got !== 0; length += got) {
      if (length === LONGEST) return undefined
      got = fs.readSync(fd, long, length, LONGEST - length, null)
    }
    return long.toString('latin1', 0, length)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

module.exports = { mappingBytes, readHeld, readKernelUse, sharedOf }
