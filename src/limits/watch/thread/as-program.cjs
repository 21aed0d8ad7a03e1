// @ts-check
// Reads about a program with the program's own rights.
'use strict'

const { workerData } = require('node:worker_threads')

/** @type {{ setfsuid: (id: number) => number, setfsgid: (id: number) => number } | undefined} */
let calls

function fileUserCalls() {
  if (calls !== undefined) return calls
  const library = require(workerData.koffi).load(null)
  calls = {
    setfsuid: library.func('setfsuid', 'int', ['uint']),
    setfsgid: library.func('setfsgid', 'int', ['uint']),
  }
  return calls
}

/**
 * Reads about the processes of a user. Root in a container lacks the capability to read the memory map of another
 * user's process (CAP_SYS_PTRACE), but the process's own user may (ptrace(2), PTRACE_MODE_FSCREDS). The ids apply only
 * to this thread (setfsuid(2)).
 *
 * @template T
 * @param {number} uid the program's user id, which is also its group id. 0 if the program has namespaces, because this
 *   process can then read the program's memory map.
 * @param {() => T} look
 * @returns {T}
 */
function asProgram(uid, look) {
  if (uid === 0 || uid === process.geteuid?.()) return look()
  const { setfsuid, setfsgid } = fileUserCalls()
  const before = { gid: setfsgid(uid), uid: setfsuid(uid) }
  try {
    return look()
  } finally {
    setfsuid(before.uid)
    setfsgid(before.gid)
  }
}

module.exports = { asProgram }
