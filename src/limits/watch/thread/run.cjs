// @ts-check
// One watched run: the times of its looks, its figures, and whether it exceeds a limit.
'use strict'

const fs = require('node:fs')
const { asProgram } = require('./as-program.cjs')
const { Memory } = require('./memory.cjs')
const { isUndumpable, KeptFiles, read, statFields, threadCpuMs } = require('./proc.cjs')
const { hasLowerPriority, longestWaitAndRunMs } = require('./waiting.cjs')
const { readTree } = require('./tree.cjs')

/** @typedef {import('../shared.ts').SharedLayout} SharedLayout */

/** The longest pause between two looks at memory, in milliseconds. */
const LONGEST_MS = 20
/** The shortest pause, in milliseconds. */
const SHORTEST_MS = 1
/** The memory that one processor can fill, in bytes per millisecond. */
const FILL_RATE = 3 * 1024 * 1024
/** The excess that the watch tolerates, in bytes, because a program may fill that much before the watch ends it. */
const SLACK = 16 * 1024 * 1024
/**
 * The shortest interval between looks, in milliseconds, if the machine loses memory that the run's own figures do not
 * show.
 */
const SUSPECT_MS = 4
/** The looks at a run take at most this share of this thread's time, unless the run is close to its limit. */
const LARGEST_SHARE = 0.25
/**
 * The share of the walltime at which the watch reads waiting times for the last time, because at the end of the
 * walltime the processes no longer exist.
 */
const LAST_WAIT_SHARE = 0.9
/**
 * The longest pause between two reads of waiting times, as a share of the walltime. The pauses are random, because a
 * program must not know when it is observed.
 */
const WAIT_SHARE = 0.1
/**
 * The interval, in milliseconds, at which the watch checks for processes whose CPU time the kernel forgets. Applies to
 * a run without a control group.
 */
const HABITS_MS = 50
/** The largest decrease of a tree's CPU time between two looks that rounding can cause, in milliseconds. */
const ROUNDING_MS = 25
/** The number of times to read a tree again when its CPU time seems to have shrunk. */
const MOST_AGAIN = 3

/**
 * The limits and the start of a run, from its shared memory, and the time of its first look.
 *
 * @param {Float64Array} numbers
 * @param {SharedLayout} layout
 */
function readTimes(numbers, layout) {
  const number = (/** @type {number} */ index) => numbers[index] ?? 0
  const clockMs = Number(process.hrtime.bigint()) / 1e6
  const started = performance.now() - clockMs + number(layout.startedMs)
  const processors = number(layout.processors)
  const memoryBytes = number(layout.memoryLimitBytes)
  const nextMemory =
    memoryBytes === Infinity ? Infinity : started + firstPause(memoryBytes, processors)
  const habits = layout.cpuSources[number(layout.cpuSource)] === 'cgroup' ? Infinity : LONGEST_MS
  const nextCpu = started + Math.min(number(layout.cpuLimitMs) / processors, habits)
  const wallMs = number(layout.wallLimitMs)
  const lastWait = started + wallMs * LAST_WAIT_SHARE
  const nextWait = nextWaitAfter(started, wallMs, lastWait)
  return { started, processors, memoryBytes, nextMemory, nextCpu, nextWait, wallMs, lastWait }
}

/**
 * @param {number} now
 * @param {number} wallMs
 * @param {number} last
 */
function nextWaitAfter(now, wallMs, last) {
  // Without a walltime, no verdict needs the waiting times.
  if (now >= last || wallMs === Infinity) return Infinity
  return Math.min(now + (wallMs * WAIT_SHARE * (1 + Math.random())) / 2, last)
}

/**
 * The time in milliseconds during which a new program cannot have filled its memory.
 *
 * @param {number} memoryBytes
 * @param {number} processors
 */
const firstPause = (memoryBytes, processors) =>
  Math.min(LONGEST_MS, (memoryBytes + SLACK) / (FILL_RATE * processors))

/**
 * The start of a run and the time of its first look, on the clock of performance.now().
 *
 * @param {Float64Array} numbers
 * @param {SharedLayout} layout
 */
function firstLook(numbers, layout) {
  const { started, nextMemory, nextCpu, nextWait } = readTimes(numbers, layout)
  return { started, due: Math.min(nextMemory, nextCpu, nextWait) }
}

class WatchedRun {
  /**
   * @param {SharedArrayBuffer} shared
   * @param {SharedLayout} layout
   */
  constructor(shared, layout) {
    this.layout = layout
    this.words = new Int32Array(shared, 0, layout.numbersAt / 4)
    this.figures = new Float64Array(shared, layout.numbersAt, layout.figures)
    const numbers = new Float64Array(shared, layout.numbersAt, layout.numbers)
    const times = readTimes(numbers, layout)
    const { started, processors, memoryBytes, nextMemory, nextCpu, nextWait } = times
    this.started = started
    this.processors = processors
    this.wallMs = times.wallMs
    this.lastWait = times.lastWait
    this.programUid = numbers[layout.programUid] ?? 0
    this.nextMemory = nextMemory
    this.nextCpu = nextCpu
    this.nextWait = nextWait
    const number = (/** @type {number} */ index) => numbers[index] ?? 0
    const length = number(layout.cpuFileLength)
    this.request = {
      control: number(layout.control),
      cpuTimeMs: number(layout.cpuLimitMs),
      cpuSource: layout.cpuSources[number(layout.cpuSource)],
      cpuFile: Buffer.from(new Uint8Array(shared, layout.cpuFileAt, length)).toString(),
    }
    this.memory = new Memory(memoryBytes, number(layout.suppliedBytes))
    this.files = new KeptFiles()
    // A control group counts the CPU time of all children, whatever the program does about its children.
    this.habitsMs = this.request.cpuSource === 'cgroup' ? Infinity : HABITS_MS
    this.lastCpuMs = 0
    this.lostMs = 0
    this.isDone = false
  }

  /** The time during which a program that starts now cannot fill its memory, in milliseconds. */
  get firstPause() {
    return Math.max(SHORTEST_MS * 2, firstPause(this.memory.limitBytes, this.processors))
  }

  /** The time of the next look, on the clock of performance.now(). */
  get next() {
    return Math.min(this.nextMemory, this.nextCpu, this.nextWait)
  }

  /** Whether the run has ended. */
  get isOver() {
    return this.isDone || Atomics.load(this.words, this.layout.state) === this.layout.ended
  }

  /** Closes the files that the looks kept open. */
  close() {
    this.files.close()
  }

  look() {
    const before = performance.now()
    const init = Atomics.load(this.words, this.layout.init)
    const limit =
      init === 0 ? this.wait(before) : asProgram(this.programUid, () => this.check(init, before))
    if (limit !== undefined) this.end(limit)
    const took = performance.now() - before
    const earliest = before + took / LARGEST_SHARE
    // A look at hundreds of processes takes long, so the watch looks less often at such a tree.
    if (took > SHORTEST_MS)
      this.nextMemory = Math.max(this.nextMemory, Math.min(earliest, before + took + LONGEST_MS))
    this.nextCpu = Math.max(this.nextCpu, performance.now() + SHORTEST_MS)
  }

  /**
   * Postpones the looks, because the init's pid is not known yet.
   *
   * @param {number} now
   * @returns {undefined}
   */
  wait(now) {
    if (this.nextMemory <= now) this.nextMemory = now + this.firstPause
    if (this.nextCpu <= now) this.nextCpu = now + SHORTEST_MS * 2
    if (this.nextWait <= now) this.nextWait = Infinity
  }

  /**
   * @param {number} init
   * @param {number} now
   * @returns {'cpu' | 'memory' | undefined}
   */
  check(init, now) {
    const processes = readTree(init, this.files)
    const living = new Set([init, ...processes.map(({ pid }) => pid)])
    this.files.keepOnly((path) => living.has(Number(path.split('/')[2])))
    const { figures, layout } = this
    figures[layout.peakProcesses] = Math.max(figures[layout.peakProcesses] ?? 0, processes.length)
    this.noteHabits(processes)
    for (const { fileBytes, spaceBytes } of processes) {
      figures[layout.peakFileBytes] = Math.max(figures[layout.peakFileBytes] ?? 0, fileBytes)
      figures[layout.peakSpaceBytes] = Math.max(figures[layout.peakSpaceBytes] ?? 0, spaceBytes)
    }
    if (now >= this.nextWait) this.noteWaiting(init, processes, now)
    const cpu = this.exceedsCpu(init, processes, now)
    if (now >= this.nextMemory && this.exceedsMemory(init, processes, now)) return 'memory'
    return cpu ? 'cpu' : undefined
  }

  /**
   * The kernel forgets the time of children whose parent ignores SIGCHLD (times(2)). A kernel counter includes this
   * time. However, the kernel ends the counter of a process that executes a file without read permission
   * (perf_event_open(2)). A control group counts the time in both cases.
   *
   * @param {import('./tree.cjs').Process[]} processes
   */
  noteHabits(processes) {
    const { figures, layout } = this
    const { cpuSource } = this.request
    if (cpuSource === 'cgroup') return
    if (processes.some(({ ignoresChildren }) => ignoresChildren))
      figures[layout.forgetsChildren] = 1
    if (processes.some(({ path }) => isUndumpable(path))) figures[layout.leavesCounter] = 1
  }

  /**
   * @param {number} init
   * @param {import('./tree.cjs').Process[]} processes
   * @param {number} now
   */
  noteWaiting(init, processes, now) {
    const { figures, layout } = this
    this.nextWait = nextWaitAfter(now, this.wallMs, this.lastWait)
    const longest = longestWaitAndRunMs(processes)
    figures[layout.waitAndRunMs] = Math.max(figures[layout.waitAndRunMs] ?? 0, longest)
    if (hasLowerPriority(init, processes)) figures[layout.lowersPriority] = 1
  }

  /** Whether the watch saw all CPU time, or can learn the rest at the run's end. */
  get isCpuKnown() {
    const { figures, layout } = this
    const { cpuSource } = this.request
    const doubt = cpuSource === 'counter' ? layout.leavesCounter : layout.forgetsChildren
    return figures[doubt] === 0
  }

  /**
   * @param {number} init
   * @param {import('./tree.cjs').Process[]} processes
   * @param {number} now
   */
  exceedsMemory(init, processes, now) {
    const { figures, layout, memory } = this
    // The program has not started yet, so there is nothing to measure.
    if (processes.length === 0) {
      this.nextMemory = now + this.firstPause
      return false
    }
    const { used, most } = memory.read(processes, () => readTree(init, this.files))
    figures[layout.peakMemoryBytes] = Math.max(figures[layout.peakMemoryBytes] ?? 0, used)
    const pause = Math.max(SHORTEST_MS, this.pauseFor(used))
    const suspect = Math.max(SUSPECT_MS, this.pauseFor(most))
    this.nextMemory = now + Math.min(LONGEST_MS, pause, suspect)
    return used > memory.limitBytes
  }

  /**
   * The time in milliseconds that a program with this many bytes needs to exceed its limit by more than `SLACK`.
   *
   * @param {number} used
   */
  pauseFor(used) {
    const room = Math.max(0, this.memory.limitBytes - used) + SLACK
    return room / (FILL_RATE * this.processors)
  }

  /**
   * @param {number} init
   * @param {import('./tree.cjs').Process[]} processes
   * @param {number} now
   */
  exceedsCpu(init, processes, now) {
    const { cpuTimeMs: limitMs } = this.request
    const used = this.cpuTimeMs(init, processes)
    // A control group reports the usage at the run's end.
    if (this.request.cpuSource !== 'cgroup') this.figures[this.layout.cpuTimeMs] = used
    // If the figure is only a lower bound, the limit applies to the most CPU time that the run can have used.
    const judged = this.isCpuKnown ? used : (now - this.started) * this.processors
    if (now >= this.nextCpu)
      this.nextCpu =
        now +
        Math.min(this.habitsMs, Math.max(SHORTEST_MS * 2, (limitMs - judged) / this.processors))
    return judged > limitMs
  }

  /**
   * @param {number} init
   * @param {import('./tree.cjs').Process[]} processes
   */
  cpuTimeMs(init, processes) {
    const { cpuSource, cpuFile } = this.request
    if (cpuSource === 'cgroup') return groupCpuMs(cpuFile) - threadCpuMs(init)
    let now = treeCpuMs(init, processes)
    // A parent may reap a child after the watch has read the parent and before the watch reads the child. The child's
    // time is then in neither figure, so the watch reads the tree again.
    for (let again = 0; again < MOST_AGAIN && this.lastCpuMs - now > ROUNDING_MS; again++) {
      now = Math.max(now, treeCpuMs(init, readTree(init, this.files)))
    }
    // A tree's time only grows, unless the kernel forgets the time of children whose parent does not wait for
    // them.
    const lost = this.lastCpuMs - now
    if (lost > ROUNDING_MS) {
      this.lostMs += lost
      this.figures[this.layout.forgetsChildren] = 1
    }
    this.lastCpuMs = now
    return now + this.lostMs
  }

  /**
   * Uses a descriptor of the run while the descriptor is certainly open. Before the main thread closes the descriptor,
   * the main thread waits until the state is no longer `busy`.
   *
   * @param {(fd: number) => void} use
   * @param {number} fd
   */
  whileOpen(use, fd) {
    const { state, open, busy } = this.layout
    if (Atomics.compareExchange(this.words, state, open, busy) !== open) return false
    try {
      use(fd)
      return true
    } catch {
      return false
    } finally {
      Atomics.compareExchange(this.words, state, busy, open)
      Atomics.notify(this.words, state)
    }
  }

  /**
   * Ends the run for a limit. The watch writes a byte to the control pipe. The init reads this byte and kills every
   * process.
   *
   * @param {'cpu' | 'memory'} limit
   */
  end(limit) {
    this.isDone = true
    const { exceeded, limits } = this.layout
    Atomics.store(this.words, exceeded, limits.indexOf(limit) + 1)
    this.whileOpen((fd) => fs.writeSync(fd, 'x'), this.request.control)
  }
}

/**
 * @param {number} init
 * @param {import('./tree.cjs').Process[]} processes
 */
const treeCpuMs = (init, processes) =>
  processes.reduce((total, process) => total + process.cpuMs, threadReapedMs(init))

/** @param {string} path a cpu.stat of cgroup v2, or a cpuacct.usage of v1, which has nanoseconds */
function groupCpuMs(path) {
  const [, v2, v1] = /^(?:usage_usec (\d+)|(\d+)$)/m.exec(read(path)) ?? []
  return v1 === undefined ? Number(v2 ?? 0) / 1000 : Number(v1) / 1e6
}

// The init reaps orphans, so the kernel adds the CPU time of orphans to the time of the init's children.
/** @param {number} init */
function threadReapedMs(init) {
  const fields = statFields(read(`/proc/${init}/stat`))
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10
}

module.exports = { firstLook, WatchedRun }
