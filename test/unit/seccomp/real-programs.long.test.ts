import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { loadPolicy } from '../../../src/policy/load.ts'
import { compileSeccomp } from '../../../src/seccomp/compiler/compile.ts'

// Runs this machine's programs under the strict policy's filter in the kernel.

const loader = fileURLToPath(new URL('exec-under-filter.mjs', import.meta.url))
let directory: string

beforeAll(() => {
  const { seccomp } = loadPolicy('strict')
  if (seccomp === undefined) throw new Error('strict has no seccomp part')
  directory = mkdtempSync(join(tmpdir(), 'gradebox-seccomp-'))
  writeFileSync(join(directory, 'filter'), compileSeccomp(seccomp, { notify: false }))
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

function run(command: string, ...args: string[]): SpawnSyncReturns<string> {
  const filter = join(directory, 'filter')
  return spawnSync(process.execPath, [loader, filter, command, ...args], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 60_000,
  })
}

function has(program: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (!found)
    console.warn(`NOT CHECKED: ${program} under the strict filter, for want of ${program}`)
  return found
}

const python = '/usr/bin/python3'

const scripts: Readonly<Record<string, readonly [string, ...string[]]>> = {
  sh: ['sh', '-c', 'x=$(ls / | sort | head -1); sleep 0.01 & wait; mktemp -d -p .; echo ok'],
  bash: ['bash', '-c', 'cat <(seq 3) | xargs -P2 -n1 echo; cp -a /etc/hosts h; mv h i; echo ok'],
  python3: [
    python,
    '-c',
    `import asyncio, multiprocessing, os, socket, subprocess, tempfile, threading
thread = threading.Thread(target=os.getpid); thread.start(); thread.join()
subprocess.run(['true'], check=True)
async def wait(): await (await asyncio.create_subprocess_exec('true')).wait()
asyncio.run(wait())
with multiprocessing.Pool(2) as pool: pool.map(abs, [1, -2])
tempfile.TemporaryFile().write(b'x'); socket.socketpair(); print('ok')`,
  ],
  node: [
    process.execPath,
    '-e',
    `const { Worker } = require('node:worker_threads')
const { execFileSync } = require('node:child_process')
require('node:fs').promises.readFile('/etc/passwd').then(() => {
  execFileSync('true')
  new Worker('0', { eval: true }).on('exit', () => console.log('ok'))
})`,
  ],
  gcc: ['sh', '-c', `echo 'int main(void){return 0;}' > a.c && gcc -O2 -o a a.c && ./a && echo ok`],
  'g++': [
    'sh',
    '-c',
    `echo '#include <iostream>
#include <thread>
int main() { std::thread t([] { std::cout << "ok" << std::endl; }); t.join(); }' > b.cc &&
g++ -pthread -o b b.cc && ./b`,
  ],
}

describe('under the strict filter', () => {
  test.each(Object.entries(scripts))(
    '%s works',
    (program, [command, ...args]) => {
      if (!has(program) || !has(command)) return
      const { stdout, stderr, status, signal } = run(command, ...args)
      expect({ last: stdout.trim().split('\n').at(-1), stderr, status, signal }).toEqual({
        last: 'ok',
        stderr: '',
        status: 0,
        signal: null,
      })
    },
    60_000,
  )

  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  const call = (name: string, ...args: string[]) => {
    const number = syscallNumber(name, arch)
    const script = `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(${[number, ...args].map((each) => `ctypes.c_ulong(${each})`).join(', ')})
print(result, os.strerror(ctypes.get_errno()))`
    const { stdout, signal } = run(python, '-c', script)
    return signal ?? stdout.trim()
  }
  const withPython = test.skipIf(!has(python))

  withPython.each([
    ['socket', '2', '1', '0'],
    ['socket', '17', '3', '0'],
    ['socket', '40', '1', '0'],
    ['ptrace', '0'],
    ['mount', '0', '0', '0'],
    ['unshare', '0x10000000'],
    ['clone', '0x10000011', '0'],
    ['bpf', '0', '0'],
    ['keyctl', '0', '0'],
  ])('%s(%s) kills', (name, ...args) => {
    expect(call(name, ...args)).toBe('SIGSYS')
  })

  withPython.each([
    ['clone3', '-1 Function not implemented', '0', '0'],
    ['io_uring_setup', '-1 Function not implemented', '1', '0'],
    ['ioctl', '-1 Operation not permitted', '0', '0x5412', '0'],
    ['ioctl', '-1 Operation not permitted', '0', '0x500005412', '0'],
    ['personality', '-1 Operation not permitted', '0x40000'],
    ['personality', '0 Success', '0xffffffff'],
  ])('%s gives %s', (name, outcome, ...args) => {
    expect(call(name, ...args)).toBe(outcome)
  })
})
