import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { needs } from './language.ts'

describe('the policy python', () => {
  test('runs Python with its library, threads, processes and temporary files', async (ctx) => {
    needs(ctx, 'python3')
    const script = `
import json, math, random, subprocess, sys, tempfile, threading, multiprocessing
with tempfile.NamedTemporaryFile() as f: f.write(b'x')
t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()
p = multiprocessing.Process(target=lambda: None); p.start(); p.join()
print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout, end='')
print(json.dumps({'pi': round(math.pi, 2), 'hash': hash('a') == hash('a')}))
open('out.txt', 'w').write('made')
`
    const files = { '/work/main.py': script }
    const run = await sandboxed('python3', ['main.py'], {
      policy: 'python',
      files,
      collect: ['out.txt'],
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout('thread\nchild\n{"pi": 3.14, "hash": true}\n')
    expect(run).toHaveFile('out.txt', 'made')
  })

  test('orders sets the same way in every run', async (ctx) => {
    needs(ctx, 'python3')
    const print = () =>
      sandboxed('python3', ['-c', 'print({"a", "b", "c", "d"})'], { policy: 'python' })
    const [one, two] = await Promise.all([print(), print()])
    expect(one.stdout).toBe(two.stdout)
  })

  test('stops a program that allocates memory without end, one that opens a socket, and one that traces', async (ctx) => {
    needs(ctx, 'python3')
    const python = (script: string) =>
      sandboxed('python3', ['-S', '-c', script], { policy: 'python' })
    expect(await python('x = bytearray(1 << 30)')).not.toSucceed()
    expect(await python('import socket; socket.socket()')).toBeKilledBySeccomp('socket')
    expect(await python('import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)')).toBeKilledBySeccomp(
      'ptrace',
    )
  })
})

describe('the policy node', () => {
  test('runs JavaScript with workers, children, files and timers', async (ctx) => {
    needs(ctx, 'node')
    const script = `
const { Worker } = require('node:worker_threads')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
fs.writeFileSync('/tmp/x', 'written')
const worker = new Worker("require('node:worker_threads').parentPort.postMessage(6 * 7)", { eval: true })
worker.once('message', (n) => {
  console.log(n, fs.readFileSync('/tmp/x', 'utf8'), execFileSync('echo', ['child']).toString().trim())
  setTimeout(() => require('node:crypto').randomBytes(4, () => console.log('end')), 5)
})
`
    const run = await sandboxed('node', ['main.js'], {
      policy: 'node',
      files: { '/work/main.js': script },
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout('42 written child\nend\n')
  })

  test('stops a program that allocates memory without end, and one that opens a socket', async (ctx) => {
    needs(ctx, 'node')
    const node = (script: string) => sandboxed('node', ['-e', script], { policy: 'node' })
    expect(
      await node('const a = []; for (;;) a.push(new Uint8Array(1 << 24).fill(1))'),
    ).not.toSucceed()
    expect(await node("require('node:net').connect(80, '10.0.0.1')")).toBeKilledBySeccomp('socket')
  })
})

describe('the policy shell', () => {
  test('runs scripts with pipes, substitutions, and the usual tools', async (ctx) => {
    needs(ctx, 'bash', 'awk', 'sort')
    const script = `
set -euo pipefail
for i in 3 1 2; do echo "$i"; done | sort -n | awk '{ s += $1 } END { print s }'
diff <(echo a) <(echo a) && [[ $(cat <<< here) == here ]] && echo same
mktemp > /dev/null; find /usr/bin -maxdepth 1 -name 'b*sh' | head -1 | xargs -n1 basename
`
    const run = await sandboxed('bash', ['main.sh'], {
      policy: 'shell',
      files: { '/work/main.sh': script },
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout('6\nsame\nbash\n')
  })

  test('stops a fork bomb, a flood of files, and a program that removes everything', async (ctx) => {
    needs(ctx, 'bash')
    const limits = { walltime: '1s' }
    const bomb = await sandboxed('bash', ['-c', ':(){ :|:& };:; sleep 5'], {
      policy: 'shell',
      limits,
    })
    expect(bomb.ok).toBe(false)
    const flood =
      'head -c 1G /dev/zero > /tmp/a; head -c 1G /dev/zero > /tmp/b; du -sm /tmp | cut -f1'
    const flooded = await sandboxed('bash', ['-c', flood], { policy: 'shell' })
    expect(Number(flooded.stdout)).toBeLessThanOrEqual(32)
    const removing = await sandboxed('rm', ['-rf', '--no-preserve-root', '/'], { policy: 'shell' })
    expect(removing.stderr).toContain('Read-only file system')
  })
})
