// @ts-check
// Reads about processes from /proc. A program controls much of the text (names, counts, sizes), so every read is
// bounded.
'use strict'

const fs = require('node:fs')

/** The largest number of bytes that `read()` takes from a file of /proc. */
const READ_SIZE = 64 * 1024
let buffer = Buffer.allocUnsafeSlow(READ_SIZE)

/**
 * The first 64 KiB of a file of /proc.
 *
 * @param {string} path
 * @returns {string} empty when the process has ended or the kernel refuses the file
 */
const read = (path) => startOf(path, READ_SIZE) ?? ''

/**
 * The start of a file of /proc.
 *
 * @param {string} path
 * @param {number} most in bytes
 * @returns {string | undefined} undefined when the process has ended or the kernel refuses the file
 */
function startOf(path, most) {
  let fd
  try {
    fd = fs.openSync(path, 'r')
    return contents(fd, most)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

/**
 * @param {number} fd
 * @param {number} most
 */
function contents(fd, most) {
  if (buffer.length < most) buffer = Buffer.allocUnsafeSlow(most)
  let length = 0
  // The kernel returns about a page per read(2).
  for (let got = -1; got !== 0 && length < most; length += got) {
    got = fs.readSync(fd, buffer, length, most - length, length)
  }
  return buffer.toString('latin1', 0, length)
}

/** The number of reads after which the watch keeps a file open. Most runs end before this many reads. */
const READS_BEFORE = 3
/** The largest number of files that one run keeps open. */
const MOST_KEPT = 240

/**
 * The files of /proc that one run's looks read again and again. Opening a file takes the kernel three times as long as
 * reading it. An open file still belongs to its process when another process gets the pid (proc(5)).
 */
class KeptFiles {
  constructor() {
    /** @type {Map<string, { reads: number, fd: number | undefined }>} */
    this.files = new Map()
    this.kept = 0
  }

  /**
   * The first 64 KiB of a file.
   *
   * @param {string} path
   * @returns {string} empty when the process has ended or the kernel refuses the file
   */
  read(path) {
    const file = this.files.get(path) ?? { reads: 0, fd: undefined }
    file.reads++
    try {
      if (file.fd === undefined && file.reads > READS_BEFORE && this.kept < MOST_KEPT) {
        file.fd = fs.openSync(path, 'r')
        this.kept++
      }
      this.files.set(path, file)
      return file.fd === undefined ? read(path) : contents(file.fd, READ_SIZE)
    } catch {
      this.drop(path)
      return read(path)
    }
  }

  /**
   * Closes the files of processes that have ended.
   *
   * @param {(path: string) => boolean} isNeeded
   */
  keepOnly(isNeeded) {
    for (const path of this.files.keys()) if (!isNeeded(path)) this.drop(path)
  }

  /** @param {string} path */
  drop(path) {
    const fd = this.files.get(path)?.fd
    this.files.delete(path)
    if (fd === undefined) return
    this.kept--
    fs.closeSync(fd)
  }

  close() {
    this.keepOnly(() => false)
  }
}

/**
 * A number after a name at the start of a line: `VmRSS:     12 kB`.
 *
 * @param {string} text
 * @param {string} name with its colon
 */
function field(text, name) {
  const at = text.indexOf(`\n${name}`)
  return at < 0
    ? 0
    : Number.parseInt(text.slice(at + name.length + 1, at + name.length + 40), 10) || 0
}

/**
 * A size in bytes after a name at the start of a line.
 *
 * @param {string} text
 * @param {string} name with its colon
 */
const bytes = (text, name) => field(text, name) * 1024

/**
 * The names in a directory of /proc.
 *
 * @param {string} path
 * @returns {string[] | undefined} undefined when the directory does not exist or the kernel refuses access
 */
function list(path) {
  try {
    return fs.readdirSync(path)
  } catch {
    return undefined
  }
}

/**
 * A link of /proc, such as /proc/PID/fd/3.
 *
 * @param {string} path
 */
function link(path) {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}

/**
 * Whether the kernel hides the memory and descriptors of a process, because the process may not be traced (ptrace(2)).
 * Such a process executed a file that it may not read, or made itself undumpable (PR_SET_DUMPABLE). The kernel does not
 * hide a process that has ended.
 *
 * @param {string} path the folder of a process or thread
 */
const isRefused = (path) => list(`${path}/fd`) === undefined && !isGone(path)

/**
 * Whether a process has given back its memory, because the process is ending or has ended. A zombie counts too.
 *
 * @param {string} path the folder of a process or thread
 */
const isGone = (path) => !read(`${path}/status`).includes('\nVmRSS:')

/**
 * The processor time of a thread, in milliseconds: proc_pid_schedstat(5). A wall clock would count the time in which
 * this thread waits for a processor.
 *
 * @param {number | string} thread its process id, or `thread-self`
 */
const threadCpuMs = (thread) =>
  Number(read(`/proc/${thread}/schedstat`).split(' ')[0] ?? 0) / 1e6 || 0

/**
 * Whether a process may not be traced, for example because it executed a file that it may not read. Root then owns the
 * files in the folder of the process, but not the folder itself (proc_pid(5)). The same is true of a process that has
 * ended, but such a process has no memory.
 *
 * @param {string} path the folder of the process, or of one of its threads
 */
function isUndumpable(path) {
  try {
    const isOwnersFile = fs.statSync(path).uid === fs.statSync(`${path}/stat`).uid
    return !isOwnersFile && read(`${path}/status`).includes('\nVmRSS:')
  } catch {
    return false
  }
}

/**
 * The fields of a stat file from the third on, proc_pid_stat(5). The second field is a name in parentheses, and the
 * name may have spaces and parentheses.
 *
 * @param {string} stat
 * @returns {string[]}
 */
const statFields = (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

module.exports = {
  isUndumpable,
  bytes,
  field,
  isGone,
  isRefused,
  KeptFiles,
  link,
  list,
  read,
  READ_SIZE,
  startOf,
  statFields,
  threadCpuMs,
}
