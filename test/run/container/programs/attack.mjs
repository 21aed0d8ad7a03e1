// Runs attacks.py without namespaces, with something of the runner's to attack; prints what it found.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { sandboxed } from '/gradebox/dist/index.js'

const [secret, other] = ['/tmp/private/secret.sh', '/tmp/other/main.py']
mkdirSync('/tmp/private', { mode: 0o700 })
writeFileSync(secret, '#!/bin/sh\necho secret', { mode: 0o700 })
for (const name of ['/tmp/other', '/tmp/own']) mkdirSync(name)
writeFileSync(other, 'print(1)\n')
// The program may not do the things that the owner lets every user do.
for (const path of ['/tmp/other', other]) chmodSync(path, 0o777)
copyFileSync('/programs/attacks.py', '/tmp/own/attacks.py')
const victim = spawn('sleep', ['600'])
const before = process.resourceUsage().maxRSS > 0 && readdirSync('/tmp').toSorted().join()
const run = await sandboxed(
  'python3',
  ['attacks.py', `${process.pid}`, secret, other, `${victim.pid}`],
  {
    isolation: 'confined',
    workdir: '/tmp/own',
    // The widest of the shipped policies, and /proc.
    policy: { extends: 'kiss', proc: 'full' },
    limits: { walltime: '60s', processes: 64 },
  },
)
const after = readdirSync('/tmp')
  .filter((name) => !name.startsWith('gradebox-turns'))
  .toSorted()
  .join()
const isWhole =
  statSync(secret).mode === 0o100700 &&
  readFileSync(other, 'utf8') === 'print(1)\n' &&
  before
    .split(',')
    .filter((name) => !name.startsWith('gradebox-turns'))
    .join() === after
console.log(
  JSON.stringify({
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr,
    isWhole,
    victim: victim.signalCode,
    shared: readdirSync('/dev/shm').length,
  }),
)
victim.kill()
