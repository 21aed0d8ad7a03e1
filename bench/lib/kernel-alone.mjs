// @ts-check
// Measures the kernel's part of a run. The caller has made the whole plan before. It starts a launch program, sends the
// request, and sleeps until the init and the whole sandbox are gone.
import { setTimeout as sleep } from 'node:timers/promises'
import koffi from 'koffi'
import { closeDescriptor, waitUntilReadable } from '../../dist/ffi/libc.js'
import { SYS_pidfd_open } from '../../dist/linux/constants.js'
import { Cleanup } from '../../dist/runner/cleanup.js'
import { Output } from '../../dist/runner/io/capture.js'
import { Launcher } from '../../dist/runner/launch/launcher.js'
import { normalizeOptions } from '../../dist/runner/options/normalize.js'
import { prepareRun } from '../../dist/runner/prepare/prepare-run.js'
import { PROGRAM } from './contestants.mjs'

const WARM = 'warm, the kernel alone'

/**
 * The contestants whose latency this machine can measure, each with a function that returns its time in ms.
 *
 * @param {{ atOnce: number, buildMs: number }} stock the number of launch programs to build outside the measured time,
 *   and the time to wait for them
 * @returns {Promise<[string, () => Promise<number>][]>}
 */
export async function kernelAlone(stock) {
  const plan = await plannedOnce()
  /** @type {[string, () => Promise<number>]} */
  const spawned = ['spawn, the kernel alone', spawnTime]
  if (plan === undefined) return [spawned]
  const ready = inStock(plan.start, stock)
  return [
    spawned,
    [WARM, async () => runTime(plan, await ready())],
    ['cold, the kernel alone', () => runTime(plan, undefined)],
  ]
}

/**
 * Makes runs that follow each other without end. During each run, it builds the root of the next one.
 *
 * @returns {Promise<{ name: string, run: () => Promise<unknown>, end: () => Promise<void> } | undefined>}
 */
export async function kernelWithoutEnd() {
  const plan = await plannedOnce()
  if (plan === undefined) return undefined
  /** @type {Launcher | undefined} */
  let next
  return {
    name: WARM,
    run: async () => {
      const launcher = next ?? plan.start()
      const seeOff = sleepThrough(plan, launcher, () => {
        next = plan.start()
      })
      await seeOff()
    },
    end: async () => next?.discard(false),
  }
}

// Everything that a run of the program needs, made once.
async function plannedOnce() {
  const options = normalizeOptions(PROGRAM, [], {}, {})
  const plan = await prepareRun(options, {
    separation: { level: 'full' },
    processors: [0],
    terminal: undefined,
    isStopped: () => false,
    cleanup: new Cleanup(),
  })
  if (plan === undefined || plan.held.delegation !== undefined) {
    console.log('NOT MEASURED: our runs, the kernel alone, where control groups are delegated')
    return undefined
  }
  const { shape, flow } = plan
  const request = plan.makeRequest()
  return { request, start: () => Launcher.start(shape, { cgroup: undefined, flow }) }
}

/** @typedef {NonNullable<Awaited<ReturnType<typeof plannedOnce>>>} Plan */

/**
 * Returns launch programs that have built their roots.
 *
 * @param {() => Launcher} start
 * @param {{ atOnce: number, buildMs: number }} stock
 */
function inStock(start, { atOnce, buildMs }) {
  /** @type {Launcher[]} */
  const stock = []
  return async () => {
    if (stock.length === 0) {
      for (let place = 0; place < atOnce; place++) stock.push(start())
      await sleep(buildMs)
    }
    return stock.shift()
  }
}

/**
 * @param {Plan} plan
 * @param {Launcher | undefined} ready one that has built its root; without one, the function starts one
 */
async function runTime(plan, ready) {
  const start = performance.now()
  const seeOff = sleepThrough(plan, ready ?? plan.start())
  const timeMs = performance.now() - start
  await seeOff()
  return timeMs
}

/**
 * Starts a launch program's run, and sleeps until its init has ended.
 *
 * @param {Plan} plan
 * @param {Launcher} launcher
 * @param {() => void} [meanwhile] called while it runs
 * @returns a function to call afterwards; its promise settles when Node has read the whole run
 */
function sleepThrough({ request }, launcher, meanwhile) {
  const attempt = launcher.go({
    makeRequest: () => request,
    output: new Output(undefined, 'buffer', () => {}),
    enterGroup: undefined,
    onLogged: undefined,
    wallTimeMs: undefined,
  })
  meanwhile?.()
  sleepUntilEnd(attempt.pid)
  return async () => {
    const records = await attempt.report
    await attempt.gone()
    if (!records.some((record) => record.kind === 'end' && record.status === 0)) {
      throw new Error(`The bare run failed: ${JSON.stringify(records)}`)
    }
  }
}

// The call under child_process.spawn: libuv's spawn, with the same two streams.
async function spawnTime() {
  const { Process } = internalBinding('process_wrap')
  const { Pipe, constants } = internalBinding('pipe_wrap')
  const streams = [new Pipe(constants.SOCKET), new Pipe(constants.SOCKET)]
  const child = new Process()
  const ended = new Promise((resolve) => {
    child.onexit = resolve
  })
  const stdio = [{ type: 'ignore' }, ...streams.map((handle) => ({ type: 'pipe', handle }))]
  const start = performance.now()
  const errno = child.spawn({ file: PROGRAM, args: [PROGRAM], stdio })
  if (errno !== 0) throw new Error(`The bare spawn failed: ${errno}`)
  sleepUntilEnd(child.pid)
  const timeMs = performance.now() - start
  await ended
  for (const handle of [child, ...streams]) handle.close()
  return timeMs
}

/** @type {(name: string) => any} */
const internalBinding = (name) => Reflect.get(process, 'binding').call(process, name)

const pidfdOpen = koffi.load(null).func('syscall', 'long', ['long', 'int', 'uint'])

/** @param {number | undefined} pid */
function sleepUntilEnd(pid) {
  if (pid === undefined) throw new Error('There is no process yet')
  const fd = Number(pidfdOpen(SYS_pidfd_open, pid, 0))
  if (fd < 0) throw new Error(`pidfd_open(${pid}) failed`)
  const isOver = waitUntilReadable(fd, 10_000)
  closeDescriptor(fd)
  if (!isOver) throw new Error('The bare run did not end in 10 s')
}
