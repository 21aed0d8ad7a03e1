// @ts-check
// Measures the precision of limits and figures on this machine: the time by which a run exceeds its walltime, and the
// difference between CPU times and the figures that programs read for themselves. It also measures how much a CPU time
// varies, compared with the same work without a sandbox. Usage: npm run bench:limits [-- RUNS]
import { spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createSandbox } from 'gradebox'

const runs = Number(process.argv[2] ?? 50)
if (!Number.isInteger(runs) || runs < 1) throw new Error(`Expected a number of runs, got ${runs}`)

const sandboxed = createSandbox({ concurrency: availableParallelism() })

/** @type {(values: readonly number[], share: number) => number} */
const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
/** @type {(value: number, digits?: number) => string} */
const column = (value, digits = 2) => value.toFixed(digits).padStart(9)
/** @type {(name: string, values: readonly number[]) => void} */
const row = (name, values) => {
  const shown = [0, 0.5, 0.9, 0.99].map((share) => column(quantile(values, share)))
  console.log(`${name.padEnd(44)}${shown.join('')}${column(Math.max(...values))}`)
}
/** @type {(title: string) => void} */
const head = (title) =>
  console.log(
    `\n${title.padEnd(44)}${['least', 'median', 'p90', 'p99', 'most'].map((word) => word.padStart(9)).join('')}`,
  )

/** @type {(ms: number) => void} */
const blockFor = (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

async function walltime() {
  head('Walltime of 200 ms: kill minus limit, ms')
  /** @type {(command: string, args: string[], block: boolean) => Promise<number>} */
  const overshoot = async (command, args, block) => {
    const handle = sandboxed(command, args, { limits: { walltime: 200 } })
    if (block) setTimeout(() => blockFor(500), 20)
    const run = await handle
    if (run.status !== 'walltime') throw new Error(run.reason)
    return run.usage.wallTimeMs - 200
  }
  /** @type {[string, string, string[], boolean][]} */
  const cases = [
    ['a program that sleeps', 'sleep', ['9'], false],
    ['a program that spins', 'sh', ['-c', 'while :; do :; done'], false],
    ['one that sleeps, event loop blocked', 'sleep', ['9'], true],
  ]
  for (const [name, command, args, block] of cases) {
    const values = []
    for (let run = 0; run < runs; run++) values.push(await overshoot(command, args, block))
    row(name, values)
  }
}

const BURN = `
import os, resource, sys, time
def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until: pass
children = int(sys.argv[1])
for i in range(children):
    if os.fork() == 0:
        burn(0.1)
        os._exit(0)
for i in range(children): os.wait()
burn(0.1)
total = 0
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    usage = resource.getrusage(who)
    total += usage.ru_utime + usage.ru_stime
print(total * 1000)
`

async function accounting() {
  if (spawnSync('python3', ['-c', '']).status !== 0)
    return console.log('\nno python3: CPU accounting not measured')
  head('CPU time measured minus self-reported, %')
  for (const children of [0, 1, 4]) {
    const values = []
    for (let run = 0; run < Math.ceil(runs / 2); run++) {
      const result = await sandboxed('python3', ['-I', '-S', '-c', BURN, `${children}`])
      if (!result.ok) throw new Error(result.reason + result.stderr)
      const own = Number(result.stdout)
      values.push(((result.usage.cpuTimeMs - own) / own) * 100)
    }
    row(`a program with ${children} children`, values)
  }
}

const WORK = 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done'

/** The CPU time of a shell without a sandbox, as the shell itself reports it. */
function plainCpuMs() {
  const script = `${WORK}; times`
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
  // "0m0.123000s 0m0.001000s", of the shell itself.
  const [user = '', system = ''] = (stdout.split('\n')[0] ?? '').split(' ')
  return [user, system]
    .map((text) => /^(\d+)m([\d.]+)s$/.exec(text))
    .reduce((sum, match) => sum + Number(match?.[1]) * 60_000 + Number(match?.[2]) * 1000, 0)
}

async function spread() {
  /** @type {(values: number[]) => string} */
  const summary = (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
    )
    return `${column(mean)}${column((deviation / mean) * 100)}`
  }
  console.log(
    `\n${'CPU time of a fixed amount of work'.padEnd(44)}${'mean, ms'.padStart(9)}${'spread, %'.padStart(10)}`,
  )
  /** @type {(label: string) => Promise<void>} */
  const measure = async (label) => {
    const inside = []
    const outside = []
    for (let run = 0; run < runs; run++) {
      inside.push((await sandboxed('sh', ['-c', WORK])).usage.cpuTimeMs)
      outside.push(plainCpuMs())
    }
    console.log(`${`sandboxed, ${label}`.padEnd(44)}${summary(inside)}`)
    console.log(`${`not sandboxed, ${label}`.padEnd(44)}${summary(outside)}`)
  }
  await measure('alone')
  const load = Array.from({ length: availableParallelism() }, () =>
    spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  )
  try {
    await measure('under load')
  } finally {
    for (const child of load) child.kill('SIGKILL')
  }
}

console.log(`${runs} runs each`)
await walltime()
await accounting()
await spread()
