// @ts-check
// Compares, side by side in one run, what it costs to run /bin/true: as a plain child process, in a
// sandbox, and in bubblewrap with the same namespaces. Usage: npm run bench [-- RUNS]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { createSandbox } from 'gradebox'

const PROGRAM = '/bin/true'
const WARM_UP = 50
const PAUSE_MS = 15
const runs = Number(process.argv[2] ?? 300)
if (!Number.isInteger(runs) || runs < 1) throw new Error(`Expected a number of runs, got ${runs}`)

/** @type {(command: string, args?: string[]) => Promise<void>} */
const plain = (command, args = []) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.resume()
    child.stderr.resume()
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command}: ${code}`))))
  })

// User, mount, pid, network, IPC, UTS and cgroup namespaces; /usr, /proc, /dev and a /tmp.
const BWRAP = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ...['--unshare-cgroup', '--die-with-parent', '--new-session', '--ro-bind', '/usr', '/usr'],
  ...['bin', 'sbin', 'lib', 'lib64']
    .filter((name) => existsSync(`/${name}`))
    .flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`]),
  ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', PROGRAM],
]

const strict = createSandbox({ policy: 'strict' })
const kiss = createSandbox({ policy: 'kiss' })

/** @type {Record<string, () => Promise<unknown>>} */
const contestants = {
  'child_process.spawn': () => plain(PROGRAM),
  'sandboxed, strict': () => strict(PROGRAM),
  'sandboxed, kiss (no seccomp)': () => kiss(PROGRAM),
}
if (spawnSync('bwrap', BWRAP).status === 0) contestants.bwrap = () => plain('bwrap', BWRAP)
else console.log('bwrap: not compared, for it is not installed or cannot make its namespaces here')

/** @type {Map<string, number[]>} */
const times = new Map(Object.keys(contestants).map((name) => [name, []]))
for (let round = -WARM_UP; round < runs; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const start = performance.now()
    await run()
    if (round >= 0) times.get(name)?.push(performance.now() - start)
    // The kernel takes network namespaces apart in the background, and new ones wait for that:
    // none shall pay for the one before it.
    await setTimeout(PAUSE_MS)
  }
}

/** @type {(name: string, share: number) => number} */
const quantile = (name, share) => {
  const sorted = [...(times.get(name) ?? [])].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}
/** @type {(value: number, width: number) => string} */
const column = (value, width) => value.toFixed(2).padStart(width)

const user = process.getuid?.() === 0 ? 'root' : 'an ordinary user'
console.log(`${PROGRAM}, ${runs} runs each, in turn, as ${user}; milliseconds\n`)
console.log(`${''.padEnd(30)}  median     p90  x spawn  x bwrap`)
for (const name of times.keys()) {
  const median = quantile(name, 0.5)
  const ratios = ['child_process.spawn', 'bwrap'].map((other) =>
    times.has(other) ? column(median / quantile(other, 0.5), 9) : '-'.padStart(9),
  )
  const row = [column(median, 8), column(quantile(name, 0.9), 8), ...ratios]
  console.log(`${name.padEnd(30)}${row.join('')}`)
}
