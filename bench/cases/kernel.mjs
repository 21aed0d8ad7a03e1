// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import koffi from 'koffi'
import { SYS_pidfd_open } from '../../dist/ffi/constants.js'
import { closeDescriptor, waitUntilReadable } from '../../dist/ffi/libc.js'
import { Capture, OutputBudget } from '../../dist/runner/io/capture.js'
import { planEnforcement } from '../../dist/runner/limits/enforcement.js'
import { nextFlow } from '../../dist/runner/machine/machine.js'
import { normalizeOptions } from '../../dist/runner/options/normalize.js'
import { shapeOf } from '../../dist/runner/pool/ready.js'
import { Launcher } from '../../dist/runner/run/attempt.js'
import { imageOf, prepareRun } from '../../dist/runner/run/prepare.js'
import { alone, otherSandboxes, PROGRAM } from '../lib/contestants.mjs'
import { measurePaces, PAUSE_MS, ROW, timersOf } from './latency.mjs'

export { report } from './latency.mjs'

/**
 * What of a run is the kernel's: launch programs are started, and told to go, by a caller that has planned all
 * there is to plan before, and only sleeps until the init, and all with it, is gone. Beside it whole runs, at
 * the paces of the latency case; contestants take turns, each round in another order.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const timers = timersOf({ ...alone, ...otherSandboxes(['bwrap']) })
  const bare = planned()
  if (bare === undefined) {
    console.log('NOT MEASURED: the kernel alone, where control groups are delegated')
  } else {
    const ready = inStock(bare.start)
    timers.push(
      ['warm, the kernel alone', async () => untilGone(bare, await ready())],
      ['cold, the kernel alone', () => untilGone(bare, undefined)],
    )
  }
  return { runs, ...(await measurePaces(timers, runs)) }
}

// All that a run of the program asks for, made once.
function planned() {
  const options = normalizeOptions(PROGRAM, [], {}, {})
  const { enforcement, delegation } = planEnforcement(options.limits, options.policy.require)
  if (delegation !== undefined) return undefined
  const flow = nextFlow()
  const preparation = {
    ...{ flow, enforcement, cgroup: false, terminal: undefined },
    filterReport: /** @type {const} */ ('listener'),
  }
  const image = imageOf(options, preparation)
  const shape = shapeOf(options, image, undefined)
  const request = prepareRun(options, preparation, image).makeRequest()
  return { request, start: () => Launcher.start(shape, { cgroup: undefined, flow }) }
}

/**
 * Gives launch programs that have built their roots, a row of them built at a time.
 *
 * @param {() => Launcher} start
 */
function inStock(start) {
  /** @type {Launcher[]} */
  const stock = []
  return async () => {
    if (stock.length === 0) {
      for (let place = 0; place < ROW; place++) stock.push(start())
      await sleep(PAUSE_MS * ROW)
    }
    return stock.shift()
  }
}

/**
 * @param {NonNullable<ReturnType<typeof planned>>} bare
 * @param {Launcher | undefined} ready one that has built its root; without it, one is started here
 */
async function untilGone(bare, ready) {
  const start = performance.now()
  const launcher = ready ?? bare.start()
  const attempt = launcher.go({
    makeRequest: () => bare.request,
    captures: { stdout: new Capture(), stderr: new Capture() },
    budget: new OutputBudget({ limit: undefined, text: undefined }, () => {}),
    onLogged: undefined,
    walltimeMs: undefined,
  })
  sleepUntilEnd(attempt.pid)
  const timeMs = performance.now() - start
  const records = await attempt.report
  await attempt.gone()
  if (!records.some((record) => record.kind === 'end' && record.status === 0)) {
    throw new Error(`The bare run failed: ${JSON.stringify(records)}`)
  }
  return timeMs
}

const pidfdOpen = koffi.load(null).func('syscall', 'long', ['long', 'int', 'uint'])

/** @param {number | undefined} pid */
function sleepUntilEnd(pid) {
  if (pid === undefined) throw new Error('There is no init yet')
  const fd = Number(pidfdOpen(SYS_pidfd_open, pid, 0))
  if (fd < 0) throw new Error(`pidfd_open(${pid}) failed`)
  const isOver = waitUntilReadable(fd, 10_000)
  closeDescriptor(fd)
  if (!isOver) throw new Error('The bare run did not end in 10 s')
}
