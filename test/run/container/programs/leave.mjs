// Runs each program of leavers.py, and looks for what is left: in the container there is nothing else.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createSandbox } from '/gradebox/dist/index.js'

const KINDS = [
  ...['child', 'daemon', 'chain', 'bomb', 'stopped', 'group'],
  ...['sibling', 'vfork', 'thread'],
]
const [mode = 'runs', count = '1', kind = ''] = process.argv.slice(2)
mkdirSync('/tmp/own', { recursive: true })
copyFileSync('/programs/leavers.py', '/tmp/own/leavers.py')
const limits = { walltime: mode === 'victim' ? '60s' : '400ms', processes: 32 }
const box = createSandbox({ isolation: 'confined', workdir: '/tmp/own', limits })

// The name of a process of which a thread lives. Process 1 of the container, which is this one, does not wait for the dead.
const nameOf = (pid) => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const stats = threads.map((id) => readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8'))
    return stats.map((stat) => /\((.*)\) [^ZX]/.exec(stat)?.[1]).find(Boolean) ?? ''
  } catch {
    return ''
  }
}
const alive = () => readdirSync('/proc').filter((pid) => /^(python3|gradebox)/.test(nameOf(pid)))

async function killARunner(kind) {
  const victim = spawn(process.execPath, ['/programs/leave.mjs', 'victim', '1', kind])
  while (!alive().some((pid) => nameOf(pid).startsWith('python3'))) await pause(10)
  victim.kill('SIGKILL')
  for (let tries = 0; tries < 250 && alive().length > 0; tries++) await pause(20)
  return alive().length
}

if (mode === 'victim') await box('python3', ['leavers.py', kind, '60'])
else {
  let left = 0
  for (let round = 0; round < Number(count); round++) {
    for (const each of KINDS) {
      if (mode === 'kills') left += await killARunner(each)
      else {
        await box('python3', ['leavers.py', each])
        left += alive().length
      }
    }
  }
  await box('true')
  await pause(500)
  const directories = readdirSync('/tmp').filter((name) => name.startsWith('gradebox-confined'))
  const tried = Number(count) * KINDS.length
  console.log(JSON.stringify({ left, directories, tried }))
}
