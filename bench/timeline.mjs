// @ts-check
// Shows where the time of one run goes. It prints every system call of this process and its descendants in the median of
// some runs, from the kernel's trace (raw_syscalls). It needs root, and tracefs at /sys/kernel/tracing.
// Usage: node bench/timeline.mjs warm|cold|spawn [RUNS]
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { syscallNumber } from '../dist/linux/syscalls.js'
import { MOST_WAITING } from '../dist/runner/options/defaults.js'
import { basic, SPAWN } from './lib/contestants.mjs'

const PAUSE_MS = 40
const WARM_UP = 200
const EVENTS = [
  ...['raw_syscalls/sys_enter', 'raw_syscalls/sys_exit'],
  ...['sched/sched_process_exit', 'sched/sched_process_exec'],
]

const [mode = 'warm', runs = '100'] = process.argv.slice(2)
const run = basic[mode === 'spawn' ? SPAWN : `sandboxed, ${mode}`]
if (run === undefined) throw new Error(`Expected warm, cold or spawn, got ${mode}`)

const instance = `/sys/kernel/tracing/instances/gradebox-${process.pid}`
/** @type {(file: string, value: string) => void} */
const set = (file, value) => writeFileSync(`${instance}/${file}`, value)

for (let turn = 0; turn < WARM_UP; turn++) await run()
mkdirSync(instance)
const { text, turn, ms } = await trace().finally(() => rmdirSync(instance))
console.log(
  `${mode}: ${ms.toFixed(2)} ms, traced; the columns are: microseconds since the call, process,`,
)
console.log('processor, name, microseconds within the call, call = result\n')
for (const line of timeline(text, turn)) console.log(line)

async function trace() {
  set('tracing_on', '0')
  set('trace_clock', 'mono')
  set('buffer_size_kb', '32768')
  set('options/event-fork', '1')
  set('set_event_pid', `${process.pid}`)
  for (const event of EVENTS) set(`events/${event}/enable`, '1')
  const marker = openSync(`${instance}/trace_marker`, 'w')
  /** @type {{ turn: number, ms: number }[]} */
  const times = []
  set('tracing_on', '1')
  // The sandboxes for the first runs started before the trace.
  for (let turn = -MOST_WAITING; turn < Number(runs); turn++) {
    await sleep(PAUSE_MS)
    const start = performance.now()
    writeSync(marker, `BEGIN ${turn} `)
    await run?.()
    writeSync(marker, `END ${turn} `)
    if (turn >= 0) times.push({ turn, ms: performance.now() - start })
  }
  set('tracing_on', '0')
  for (const event of EVENTS) set(`events/${event}/enable`, '0')
  closeSync(marker)
  const text = readFileSync(`${instance}/trace`, 'latin1')
  const sorted = times.toSorted((a, b) => a.ms - b.ms)
  return { text, .../** @type {{ turn: number, ms: number }} */ (sorted[sorted.length >> 1]) }
}

/** @type {(text: string, turn: number) => string[]} */
function timeline(text, turn) {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const from = lines.findIndex((line) => line.includes(`BEGIN ${turn} `))
  const to = lines.findIndex((line) => line.includes(`END ${turn} `))
  const names = syscallNames()
  /** @type {Map<string, { time: number, name: string }>} */
  const open = new Map()
  /** @type {{ time: number, row: string }[]} */
  const rows = []
  let start = Number.NaN
  for (const line of lines.slice(from, to + 1)) {
    const parts = /^\s*(.*)-(\d+)\s+\[(\d+)\].*?\s(\d+\.\d+): (\w+): (.*)$/.exec(line)
    if (parts === null) continue
    const [, name = '', pid = '', cpu = '', seconds = '', event = '', rest = ''] = parts
    const time = Number(seconds) * 1e6
    if (Number.isNaN(start)) start = time
    /** @type {(since: number, call: string, took: number) => void} */
    const add = (since, call, took) => {
      const columns = [(since - start).toFixed(0).padStart(6), pid.padStart(7), Number(cpu)]
      rows.push({
        time: since,
        row: `${columns.join(' ')} ${name.padEnd(9)}${took.toFixed(0).padStart(5)} ${call}`,
      })
    }
    if (event === 'sys_enter') {
      const number = Number(/^NR (\d+)/.exec(rest)?.[1])
      open.set(pid, { time, name: names.get(number) ?? `${number}` })
    } else if (event === 'sys_exit') {
      const entered = open.get(pid)
      open.delete(pid)
      const result = /= (-?\d+)/.exec(rest)?.[1]
      if (entered !== undefined)
        add(entered.time, `${entered.name} = ${result}`, time - entered.time)
    } else add(time, `${event} ${rest.slice(0, 40)}`, 0)
  }
  return rows.toSorted((a, b) => a.time - b.time).map(({ row }) => row)
}

function syscallNames() {
  const header = readFileSync('/usr/include/asm-generic/unistd.h', 'latin1')
  const names = [...header.matchAll(/__NR(?:3264)?_(\w+)/g)].map(([, name = '']) => name)
  const own = ['epoll_wait', 'pipe', 'stat', 'open', 'access', 'poll', 'dup2', 'fork', 'vfork']
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  return new Map([...names, ...own].map((name) => [syscallNumber(name, arch) ?? -1, name]))
}
