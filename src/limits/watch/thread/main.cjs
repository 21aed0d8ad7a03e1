// @ts-check
// The watch's thread: one for all runs of the thread that started it. It waits for a bell or for the next look, and
// has no event loop, so that nothing that a test does to timers or to the main thread reaches it.
'use strict'

const { availableParallelism, setPriority } = require('node:os')
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { link } = require('./proc.cjs')
const { WatchedRun } = require('./run.cjs')

/** While runs follow each other, their requests are collected this often, in milliseconds: nobody rings. */
const COLLECT_MS = 10
/** So long after the last run the thread sleeps until it is rung. */
const SLEEP_AFTER_MS = 500

const { layout, bell } = workerData
const words = new Int32Array(bell)
const processors = availableParallelism()
/** @type {Set<InstanceType<typeof WatchedRun>>} */
const runs = new Set()
let lastRequest = 0
hurry()

for (;;) {
  const now = performance.now()
  collect(now)
  for (const run of runs) {
    if (run.isOver) runs.delete(run)
    else if (run.next <= performance.now()) run.look()
  }
  sleep(performance.now())
}

/** @param {number} now */
function collect(now) {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    lastRequest = now
    const run = new WatchedRun(got.message, layout, processors)
    if (!run.isOver) runs.add(run)
  }
}

/** @param {number} now */
function sleep(now) {
  const isIdle = runs.size === 0 && now - lastRequest > SLEEP_AFTER_MS
  if (isIdle) {
    Atomics.store(words, layout.asleep, 1)
    // A request that was posted before that rang no bell.
    collect(now)
    if (runs.size === 0) Atomics.wait(words, layout.rung, 0)
    Atomics.store(words, layout.asleep, 0)
    Atomics.store(words, layout.rung, 0)
    return
  }
  let next = now + COLLECT_MS
  for (const run of runs) next = Math.min(next, run.next)
  if (next > now) Atomics.wait(words, layout.rung, 0, next - now)
}

// What we watch wants every processor. Root may have its watch come first (setpriority(2)); the thread mostly sleeps.
function hurry() {
  try {
    setPriority(Number(link('/proc/thread-self').split('/').at(-1)), -15)
  } catch {
    // An ordinary user may not.
  }
}
