// @ts-check
// Files in memory that a tree of processes keeps: memfds, and the files of the sandbox's tmpfs.
'use strict'

const fs = require('node:fs')
const { hasSocketsInTransit } = require('./kernel.cjs')
const { bytes, isRefused, link, list, read, startOf, threadCpuMs } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * @typedef {object} Held
 * @property {Map<number, number>} memfds the size of each memfd that is open, by inode
 * @property {boolean} isHidden whether some memory may be missing in `memfds`: the kernel hides a process, the tree has
 *   too many descriptors, or files may be in transit
 */

/** The largest number of descriptors to read per look. The watch reads only a part of a tree with more descriptors. */
const MOST_DESCRIPTORS = 4096
/** The most processor time per look for descriptors that may be in transit, in milliseconds. */
const SENT_MS = 10
/** linux/magic.h. */
const TMPFS_MAGIC = 0x0102_1994
/**
 * The kernel's record of one file of a tmpfs: struct shmem_inode_info, struct dentry, and a long name or a link's text.
 */
const INODE_BYTES = 1536
/** Files of a sandbox before its program starts. */
const OWN_INODES = 128

/**
 * The memory behind a tree's descriptors.
 *
 * @param {Process[]} processes
 * @returns {Held}
 */
function readHeld(processes) {
  /** @type {Held} */
  const held = { memfds: new Map(), isHidden: false }
  /** @type {Map<string, string>} */
  const sockets = new Map()
  let left = MOST_DESCRIPTORS
  for (const { path } of processes) {
    const descriptors = list(`${path}/fd`)
    if (descriptors === undefined) {
      held.isHidden ||= isRefused(path)
      continue
    }
    if (descriptors.length > left) held.isHidden = true
    for (const fd of descriptors.slice(0, left)) addDescriptor(path, fd, held.memfds, sockets)
    left = Math.max(0, left - descriptors.length)
  }
  held.isHidden ||= mayHaveFilesInTransit(processes, sockets)
  return held
}

/**
 * @param {string} path the folder of a process or thread
 * @param {string} fd
 * @param {Map<number, number>} memfds
 * @param {Map<string, string>} sockets the paths at which to read about each socket
 */
function addDescriptor(path, fd, memfds, sockets) {
  const name = link(`${path}/fd/${fd}`)
  if (name.startsWith('socket:')) sockets.set(name, `${path}/fdinfo/${fd}`)
  if (!name.startsWith('/memfd:')) return
  try {
    // The watch calls stat(2) only for memfds. The path is a link of /proc, so the call does not block.
    const { ino, blocks } = fs.statSync(`${path}/fd/${fd}`)
    memfds.set(ino, blocks * 512)
  } catch {
    // The descriptor was closed meanwhile.
  }
}

/**
 * Whether files may be in transit through sockets (unix(7), SCM_RIGHTS). No process has a descriptor of a file in
 * transit.
 *
 * @param {Process[]} processes
 * @param {Map<string, string>} sockets
 */
function mayHaveFilesInTransit(processes, sockets) {
  if (hasSocketsInTransit(processes, sockets.size)) return true
  const latest = threadCpuMs('thread-self') + SENT_MS
  for (const info of sockets.values()) {
    if (/\nscm_fds:\s+[1-9]/.test(read(info)) || threadCpuMs('thread-self') > latest) return true
  }
  return false
}

/**
 * The use of the tmpfs that contains a tree's root, in bytes: the files' pages, and the kernel's record of each file.
 *
 * @param {Process[]} processes
 */
function diskBytes(processes) {
  for (const { path } of processes) {
    try {
      const { type, blocks, bfree, bsize, files, ffree } = fs.statfsSync(`${path}/root`)
      if (type !== TMPFS_MAGIC) return 0
      const inodes = Math.max(0, files - ffree - OWN_INODES)
      return (blocks - bfree) * bsize + inodes * INODE_BYTES
    } catch {
      // The process has ended, or the kernel hides the process.
    }
  }
  return 0
}

/** The longest list of mappings to read, in bytes. A longer list has thousands of entries. */
const LONGEST = 1024 * 1024

/**
 * A process's shared memory that belongs to no descriptor and to no file of its tmpfs.
 *
 * @param {string} path the folder of a process or thread
 * @param {ReadonlySet<number>} memfds the inodes of the open descriptors
 * @returns {{ mappedBytes: number, sizes: Map<string, number> } | undefined} the process's share of the pages that the
 *   process has mapped, and the size of each such mapping by inode. Undefined if the kernel hides the list, or if the
 *   list is too long.
 */
function sharedOf(path, memfds) {
  const text = startOf(`${path}/smaps`, LONGEST)
  if (text === undefined || text.length === LONGEST) return undefined
  const shared = { mappedBytes: 0, sizes: new Map() }
  for (const part of text.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, , , , inode = '', name = ''] = part.slice(0, part.indexOf('\n')).split(/\s+/)
    // Shared anonymous memory, System V segments, and memfds without any open descriptor.
    const isAlone = /^\/(?:dev\/zero|SYSV|memfd:)/.test(name) && !memfds.has(Number(inode))
    if (!isAlone) continue
    shared.mappedBytes += bytes(part, 'Pss:')
    shared.sizes.set(inode, (shared.sizes.get(inode) ?? 0) + bytes(part, 'Size:'))
  }
  return shared
}

module.exports = { diskBytes, readHeld, sharedOf }
