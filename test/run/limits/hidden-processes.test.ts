import { execFile, spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { writeScript } from '../support/built.ts'
import { lacksRoot, sandboxLacks } from '../support/tools.ts'

const forks = `import os, time
for i in range(8):
  if os.fork() == 0:
    x = bytearray(30 << 20); time.sleep(20)
time.sleep(20)`

const source = `import { sandboxed } from 'gradebox-under-test'
const limits = { memory: '100MiB', walltime: '30s' }
const run = await sandboxed('python3', ['-c', ${JSON.stringify(forks)}], { limits })
console.log(run.status, run.usage.peakMemoryBytes > 100 << 20, run.enforcement.memory)
`

const asUser = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', '--']

// Only root may be able to read the directory of a checkout.
function userCannotRead(): boolean {
  const modules = resolve('node_modules/koffi/package.json')
  const cannot =
    spawnSync('sh', ['-c', '"$@"', 'sh', ...asUser, 'test', '-r', modules]).status !== 0
  if (cannot) console.warn(`SKIPPED: an ordinary user (1000) cannot read ${modules}`)
  return cannot
}

// /proc has its settings per mount namespace, so the test uses one of its own.
const script = `mount -t proc -o hidepid=2 proc /proc
cd /
exec "$@"`

test.skipIf(
  lacksRoot('a /proc that hides processes') || userCannotRead() || sandboxLacks('python3'),
)(
  'memory of many processes counts together also where /proc hides the processes of other users',
  async () => {
    const module = writeScript(source)
    chmodSync(dirname(module), 0o755)
    const args = ['--mount', 'sh', '-ec', script, 'sh', ...asUser, process.execPath, module]
    const output = await new Promise<string>((settle, reject) => {
      execFile('unshare', args, (error, stdout) => (error ? reject(error) : settle(stdout)))
    })
    expect(output).toMatch(/^memory true (watch|cgroup)\n$/)
  },
)
