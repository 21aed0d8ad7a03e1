// Runs attacks/main.py without namespaces, next to another run and other things to attack. Prints its findings.
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createSandbox } from '/gradebox/dist/index.js'

const [secret, other] = ['/tmp/private/secret.sh', '/tmp/other/main.py']
mkdirSync('/tmp/private', { mode: 0o700 })
writeFileSync(secret, '#!/bin/sh\necho secret', { mode: 0o700 })
for (const name of ['/tmp/other', '/tmp/own', '/tmp/rival']) mkdirSync(name)
writeFileSync(other, 'print(1)\n')
for (const path of [secret, other]) {
  execFileSync('python3', [
    '-c',
    `import os; os.setxattr(${JSON.stringify(path)}, 'user.secret', b'1')`,
  ])
}
// Even if the file's owner allows every user a change, the program must not make it.
for (const path of ['/tmp/other', other]) chmodSync(path, 0o777)
cpSync('/programs/attacks', '/tmp/own', { recursive: true })
cpSync('/programs/rival.py', '/tmp/rival/rival.py')

const box = createSandbox({
  isolation: 'confined',
  // The widest of the shipped policies, and /proc.
  policy: { extends: 'kiss', proc: 'full' },
  limits: { walltime: '120s', processes: 64 },
})
const victim = spawn('sleep', ['600'])
const rivalRun = box('python3', ['rival.py'], { workdir: '/tmp/rival' })
const rival = await findRival()
const base = `/tmp/gradebox-confined-${process.getuid()}`
const [name] = readdirSync(base)
while (!existsSync(`${base}/${name}/work/ready`)) await pause(10)

const before = surroundings()
const args = [
  'main.py',
  process.pid,
  secret,
  other,
  victim.pid,
  `${base}/${name}`,
  rival.pid,
  rival.init,
]
const run = await box('python3', args.map(String), { workdir: '/tmp/own' })
const after = surroundings()
process.kill(rival.pid, 'SIGTERM')
const { stdout, status, signal, stderr } = await rivalRun
console.log(
  JSON.stringify({
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr.slice(-2000),
    changed: Object.keys(before).filter((key) => before[key] !== after[key]),
    victim: victim.signalCode,
    rival: status === 'exited' ? stdout.trim() : `${status} ${signal} ${stderr}`,
    shared: readdirSync('/dev/shm').length,
  }),
)
victim.kill()

async function findRival() {
  for (;;) {
    for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
      const command = read(`/proc/${pid}/cmdline`)
      if (command.startsWith('python3\0rival.py')) {
        const init = Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])
        return { pid: Number(pid), init }
      }
    }
    await pause(10)
  }
}

// Everything that an attack could have changed, without the changes of the runs themselves.
function surroundings() {
  const found = {
    tmp: namesIn('/tmp'),
    own: namesIn('/tmp/other'),
    private: namesIn('/tmp/private'),
  }
  for (const path of [
    secret,
    other,
    '/tmp/other',
    '/tmp/private',
    '/usr/bin',
    '/etc/passwd',
    '/home/student',
  ]) {
    const { mode, uid, gid, nlink, size, mtimeMs, ctimeMs } = statSync(path)
    found[path] = [mode, uid, gid, nlink, size, mtimeMs, ctimeMs].join(' ')
  }
  for (const pid of [process.pid, victim.pid, rival.init]) {
    // Priority and nice value; the field of the group and the session.
    const stat = read(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')
    found[`stat ${pid}`] = [stat[2], stat[3], stat[15], stat[16]].join(' ')
    for (const name of ['limits', 'oom_score_adj', 'comm', 'coredump_filter']) {
      found[`${name} ${pid}`] = read(`/proc/${pid}/${name}`)
    }
    found[`affinity ${pid}`] = /^Cpus_allowed:.*$/m.exec(read(`/proc/${pid}/status`))?.[0]
  }
  return found
}

function namesIn(path) {
  return readdirSync(path)
    .filter((each) => !each.startsWith('gradebox-turns'))
    .toSorted()
    .join()
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
