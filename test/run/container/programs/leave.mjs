// Runs each program of leavers.py many times and looks for the leftovers: the container has no other processes.
// Arguments: `runs`, or `kills` of the test runner; how many of each kind; the kinds, all by default.
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createSandbox } from '/gradebox/dist/index.js'

const ALL = execFileSync('python3', ['/programs/leavers.py'], { encoding: 'utf8' })
  .trim()
  .split(' ')
const [mode = 'runs', count = '1', ...named] = process.argv.slice(2)
const kinds = named.length > 0 ? named : ALL
/** Runs at the same time. */
const TOGETHER = 4
mkdirSync('/tmp/own', { recursive: true })
copyFileSync('/programs/leavers.py', '/tmp/own/leavers.py')
const limits = { walltime: mode === 'victim' ? '60s' : '400ms', processes: 32 }
const box = createSandbox({ isolation: 'confined', workdir: '/tmp/own', limits })
const ownPids = new Set([process.pid, process.ppid, 1])

// The name of a process that has a live thread. This process is process 1 of the container and does not wait for orphans,
// so dead processes stay in the list.
function nameOf(pid) {
  const threads = orEnded([], () => readdirSync(`/proc/${pid}/task`))
  const stats = threads.map((id) =>
    orEnded('', () => readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8')),
  )
  return stats.map((stat) => /\((.*)\) [^ZX]/.exec(stat)?.[1]).find(Boolean) ?? ''
}
// A thread may end before its turn comes, while other threads of its process continue.
function orEnded(nothing, read) {
  try {
    return read()
  } catch {
    return nothing
  }
}
const alive = () =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && !ownPids.has(Number(pid)))
    .map(nameOf)
    .filter((name) => name !== '')

async function killARunner(kind) {
  const victim = spawn(process.execPath, ['/programs/leave.mjs', 'victim', '1', kind])
  while (!alive().some((name) => name.startsWith('python3'))) await pause(5)
  // At any moment of the program's life.
  await pause(Math.random() * 60)
  victim.kill('SIGKILL')
  let left = alive()
  for (let tries = 0; tries < 500 && left.length > 0; tries++) {
    await pause(20)
    left = alive()
  }
  return left
}

async function runTogether(kind, many) {
  await Promise.all(
    Array.from({ length: many }, () => box('python3', ['leavers.py', kind]).catch(() => {})),
  )
  return alive()
}

if (mode === 'victim') await box('python3', ['leavers.py', kinds[0], '60'])
else {
  const left = []
  const counts = {}
  for (const kind of kinds) {
    counts[kind] = 0
    while (counts[kind] < Number(count)) {
      const many = mode === 'kills' ? 1 : Math.min(TOGETHER, Number(count) - counts[kind])
      const names = mode === 'kills' ? await killARunner(kind) : await runTogether(kind, many)
      left.push(...names.map((name) => `${kind}: ${name}`))
      counts[kind] += many
    }
  }
  await box('true')
  await pause(500)
  const directories = readdirSync('/tmp').filter((name) => name.startsWith('gradebox-confined'))
  const tried = Object.values(counts).reduce((sum, each) => sum + each, 0)
  console.log(JSON.stringify({ left, directories, kinds: kinds.length, tried }))
}
