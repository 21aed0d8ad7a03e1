// @ts-check
// The watch's thread. One such thread watches all runs of the thread that started it. The watch's thread sleeps until
// another thread wakes it, or until the next look. The watch's thread has no event loop, so a test that replaces timers
// or blocks the main thread does not affect the watch.
'use strict'

const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { link } = require('./proc.cjs')
const { firstLook, WatchedRun } = require('./run.cjs')

/**
 * Runs that follow each other do not wake this thread, because each wake-up costs a tenth of a millisecond. The thread
 * instead looks for new runs at an interval. The interval is the time from the last run's start to that run's first
 * look, within these bounds in milliseconds.
 */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [10, 20]
/** The time without a run in milliseconds after which this thread sleeps until a run wakes it. */
const SLEEP_AFTER_MS = 500

/** @typedef {import('../shared.ts').SharedLayout} SharedLayout */

/**
 * Shared memory that runs use one after another, until the thread looks at one of these runs.
 *
 * @typedef {object} Slot
 * @property {SharedArrayBuffer} shared
 * @property {Int32Array} words
 * @property {Float64Array} numbers
 */

const { wakeWords } = workerData
const layout = /** @type {SharedLayout} */ (workerData.layout)
const words = new Int32Array(wakeWords)
/** @type {Set<Slot>} */
const slots = new Set()
/** @type {Set<InstanceType<typeof WatchedRun>>} */
const runs = new Set()
let lastSeen = performance.now()
let pause = LONGEST_PAUSE_MS
Atomics.store(words, layout.thread, Number(link('/proc/thread-self').split('/').at(-1)))

for (;;) {
  let next = collect()
  for (const run of runs) {
    if (!run.isOver && run.next <= performance.now()) run.look()
    if (run.isOver) {
      runs.delete(run)
      run.close()
    } else next = Math.min(next, run.next)
  }
  sleep(next)
}

/**
 * Takes the runs whose first look is due.
 *
 * @returns the time of the next first look, on the clock of performance.now()
 */
function collect() {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    const shared = /** @type {SharedArrayBuffer} */ (got.message)
    const { numbersAt } = layout
    const own = new Int32Array(shared, 0, numbersAt / 4)
    slots.add({ shared, words: own, numbers: new Float64Array(shared, numbersAt, layout.numbers) })
  }
  let next = Infinity
  for (const slot of slots) {
    const { state, waiting, open, ended } = layout
    const now = Atomics.load(slot.words, state)
    if (now === ended) slots.delete(slot)
    if (now !== waiting) continue
    lastSeen = performance.now()
    const { started, due } = firstLook(slot.numbers, layout)
    pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, due - started))
    if (due > lastSeen) next = Math.min(next, due)
    // From here on no other run gets the slot, so the words belong to this run.
    else if (Atomics.compareExchange(slot.words, state, waiting, open) === waiting) {
      slots.delete(slot)
      runs.add(new WatchedRun(slot.shared, layout))
    }
  }
  return next
}

/** @param {number} next when the next look is due */
function sleep(next) {
  const now = performance.now()
  const { asleep, woken } = layout
  if (runs.size === 0 && now - lastSeen > SLEEP_AFTER_MS) {
    Atomics.store(words, asleep, 1)
    // A run that started before this point did not wake this thread.
    collect()
    if (runs.size === 0 && performance.now() - lastSeen > SLEEP_AFTER_MS)
      Atomics.wait(words, woken, 0)
    Atomics.store(words, asleep, 0)
    Atomics.store(words, woken, 0)
    return
  }
  const until = Math.min(next, now + pause)
  if (until > now) Atomics.wait(words, woken, 0, until - now)
}
