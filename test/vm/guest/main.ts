// Process 1 of the virtual machine: tries each setting of this kernel, and writes its outcomes as a line of JSON to the
// second serial port.
import { spawn } from 'node:child_process'
import { existsSync, openSync, writeSync } from 'node:fs'
import { release } from 'node:os'
import { type Setting, type User, usersOf } from '../settings/setting.ts'
import { settings } from '../settings/settings.ts'
import { bootParameter, loadModule, reset, setUp, uptimeSeconds } from './machine.ts'

const OVERLAY = `/gradebox/overlay-${release()}.ko`
const RESULTS = '/dev/ttyS1'
// Without optimization, because a program that runs for seconds under emulation does not repay the compile time.
const CHECK =
  'node --no-opt --no-sparkplug --max-lazy --single-threaded /gradebox/test/vm/guest/check.js'

setUp()
const results = openSync(RESULTS, 'w')
const report = (line: object) => writeSync(results, `${JSON.stringify(line)}\n`)

const become: Readonly<Record<User, string>> = {
  root: '',
  user: 'setpriv --reuid 1000 --regid 1000 --clear-groups --',
}

function commandFor({ setup = '', within = '' }: Setting, user: User): string {
  return `
    USER=${user} UID_=${user === 'root' ? 0 : 1000}
    . /gradebox/test/vm/guest/prelude.sh
    join system.slice/grader.service
    ${setup}
    cd /var/grading
    exec env -i PATH="$PATH" HOME=/tmp $outside ${become[user]} ${within} ${CHECK}
  `
}

interface Ended {
  readonly stdout: string
  readonly stderr: string
}

function runShell(script: string): Promise<Ended> {
  return new Promise((settle) => {
    const args = ['--mount', '--propagation', 'private', '/bin/sh', '-c', script]
    const child = spawn('unshare', args, {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('close', () => settle({ stdout, stderr }))
  })
}

function parse({ stdout, stderr }: Ended): object {
  try {
    return { outcomes: JSON.parse(stdout) }
  } catch {
    const said = `${stdout}${stderr}`.trim().slice(-2000)
    return { trouble: said === '' ? 'the checks printed nothing' : said }
  }
}

async function tryAs(user: User, setting: Setting): Promise<void> {
  const start = uptimeSeconds()
  const ended = await runShell(commandFor(setting, user))
  const seconds = Math.round((uptimeSeconds() - start) * 10) / 10
  if (ended.stderr !== '') console.log(`${setting.name}, ${user}:\n${ended.stderr}`)
  report({ setting: setting.name, user, seconds, ...parse(ended) })
}

report({ booted: release(), seconds: uptimeSeconds() })
const places = bootParameter('gradebox.settings')?.split(',') ?? []
let overlay = false
for (const place of places) {
  const setting = settings[Number(place)] as Setting
  if (setting.overlay !== false && !overlay && existsSync(OVERLAY)) {
    loadModule(OVERLAY)
    overlay = true
  }
  report({ begun: setting.name, seconds: uptimeSeconds() })
  await Promise.all(usersOf(setting).map((user) => tryAs(user, setting)))
  if (setting.restore !== undefined) await runShell(setting.restore)
}
report({ over: true })
reset()
