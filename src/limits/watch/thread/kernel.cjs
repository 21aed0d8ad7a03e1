// @ts-check
// An upper bound of the kernel's own memory for a tree: sockets, pipes, locks, mappings, descriptors, threads. No
// figure of a process shows this memory, so each object counts with the most memory that it can take.
'use strict'

const { isGone, link, list, read, READ_SIZE, startOf, threadCpuMs } = require('./proc.cjs')

/** @typedef {import('./tree.cjs').Process} Process */

/**
 * The most that a socket may queue, in bytes: its buffer (socket(7), net.core.wmem_default) and one more message. The
 * kernel accepts the last message while the buffer is not full (sock_alloc_send_pskb).
 */
const SOCKET_BYTES = 1.5 * (Number(read('/proc/sys/net/core/wmem_default')) || 212_992)
/** pipe(7): pipe-user-pages-soft. From this number of pages on, each new pipe of the user has two pages. */
const PIPES_BYTES = 4096 * (Number(read('/proc/sys/fs/pipe-user-pages-soft')) || 16_384)
const LATER_PIPE_BYTES = 2 * 4096
/** A descriptor with the smallest object behind it: struct file, an inode, and a place in the table of descriptors. */
const DESCRIPTOR_BYTES = 1024
/** A thread's stack in the kernel and its struct task_struct. A zombie keeps both. */
const THREAD_BYTES = 32 * 1024
/** struct file_lock and its share of a slab. */
const LOCK_BYTES = 256
/** struct vm_area_struct and its share of a maple node. */
const MAPPING_BYTES = 256
/** vm.max_map_count. */
const MOST_MAPPINGS = 65_530
/** The number of bytes to read of a process's list of mappings. A longer list counts as MOST_MAPPINGS mappings. */
const LONGEST_LIST = 256 * 1024
/** The most processor time per look for lists, in milliseconds. */
const LISTS_MS = 10
/** The largest number of descriptors for which a look reads the locks. */
const MOST_DESCRIPTORS = 4096

const ownNetwork = link('/proc/self/ns/net')

/**
 * A quick upper bound from the figures so far, in bytes. Nearly all trees have room for this bound below their limit.
 *
 * @param {Process[]} processes
 */
function quickKernelBytes(processes) {
  if (read('/proc/locks').length >= READ_SIZE / 2) return Infinity
  const descriptors = sum(processes, ({ descriptors }) => descriptors)
  return descriptors * SOCKET_BYTES + processes.length * MOST_MAPPINGS * MAPPING_BYTES
}

/**
 * The upper bound of the kernel's memory for a tree, in bytes. The watch reads slow figures last, and only within a
 * bound of processor time. A figure that it does not read counts as its maximum.
 *
 * @param {Process[]} processes
 * @param {number} enough the number of bytes at which the count may stop
 */
function mostKernelBytes(processes, enough) {
  const descriptors = sum(processes, ({ descriptors }) => descriptors)
  const latest = threadCpuMs('thread-self') + LISTS_MS
  let most = socketBytes(processes, descriptors) + pipeBytes(descriptors)
  most += descriptors * DESCRIPTOR_BYTES
  most += sum(processes, ({ threads }) => threads.length) * THREAD_BYTES
  if (most < enough) most += mappingBytes(processes, latest)
  if (most < enough) most += lockBytes(processes, latest)
  return most
}

/**
 * @param {Process[]} processes
 * @param {(process: Process) => number} of
 */
const sum = (processes, of) => processes.reduce((total, process) => total + of(process), 0)

/**
 * A sandbox's network namespace counts its sockets, including sockets in transit through another socket.
 *
 * @param {Process[]} processes
 * @param {number} descriptors
 */
function socketBytes(processes, descriptors) {
  const path = processes[0]?.path ?? ''
  const network = link(`${path}/ns/net`)
  const count = network === '' || network === ownNetwork ? descriptors : socketsIn(path)
  return count * SOCKET_BYTES
}

/**
 * The sockets in the network namespace of a process: the third column of proc_pid_net(5), protocols.
 *
 * @param {string} path the folder of a process or thread
 */
function socketsIn(path) {
  const rows = read(`${path}/net/protocols`).split('\n').slice(1)
  return rows.reduce((total, row) => total + (Number(row.split(/\s+/)[2]) || 0), 0)
}

/** @param {number} descriptors */
const pipeBytes = (descriptors) =>
  Math.min(PIPES_BYTES, descriptors * 32 * 1024) + (descriptors / 2) * LATER_PIPE_BYTES

/**
 * @param {Process[]} processes
 * @param {number} latest when to stop, in this thread's processor time
 */
const mappingBytes = (processes, latest) =>
  MAPPING_BYTES *
  sum(processes, ({ path }) => {
    const isLate = threadCpuMs('thread-self') > latest
    const maps = isLate ? undefined : startOf(`${path}/maps`, LONGEST_LIST)
    if (maps === undefined) return isGone(path) ? 0 : MOST_MAPPINGS
    return maps.length < LONGEST_LIST ? maps.split('\n').length : MOST_MAPPINGS
  })

/**
 * The kernel lists all locks of the machine in one file. If the file is long, the watch finds the tree's own locks by
 * the tree's descriptors (proc_pid_fdinfo(5)).
 *
 * @param {Process[]} processes
 * @param {number} latest when to stop, in this thread's processor time
 */
function lockBytes(processes, latest) {
  if (read('/proc/locks').length < READ_SIZE / 2) return 0
  let left = MOST_DESCRIPTORS
  let locks = 0
  for (const { path } of processes) {
    for (const fd of list(`${path}/fd`) ?? []) {
      const info = read(`${path}/fdinfo/${fd}`)
      locks += info.split('\nlock:').length - 1
      // The list of a file with thousands of locks does not fit in one read, so the number of further locks is unknown.
      const isLong = info.length >= READ_SIZE / 2 && info.includes('\nlock:')
      if (isLong || --left <= 0 || threadCpuMs('thread-self') > latest) return Infinity
    }
  }
  return locks * LOCK_BYTES
}

/**
 * Whether a sandbox's network namespace has more sockets than the tree has descriptors of sockets. The other sockets
 * are in transit through other sockets, and may contain files that no process has open.
 *
 * @param {Process[]} processes
 * @param {number} found sockets among the descriptors
 */
function hasSocketsInTransit(processes, found) {
  const path = processes[0]?.path ?? ''
  if (link(`${path}/ns/net`) === ownNetwork) return false
  return socketsIn(path) > found
}

module.exports = { hasSocketsInTransit, mostKernelBytes, quickKernelBytes }
