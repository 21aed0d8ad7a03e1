import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { giveToUser, makeDirectory } from '../../run/support/directory.ts'
import { bare } from '../../run/support/policies.ts'
import { runPython } from '../../run/support/programs.ts'
import { lacks, sandboxLacks } from '../../run/support/tools.ts'

const HOLDER = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); server.listen()
if os.geteuid() == 0: os.chown(sys.argv[1], 1000, 1000)
print("ready", flush=True)
connection, _ = server.accept()
_, held, _, _ = socket.recv_fds(connection, 1, 4)
print(len(held), flush=True)
if len(sys.argv) > 2:
    while True: os.write(held[0], b"x" * 4096)
sys.stdin.read()`

const GIVER = `
import socket, time
client = socket.socket(socket.AF_UNIX); client.connect("/work/socket")
print("before", flush=True)
socket.send_fds(client, [b"x"], [1, 2, 0])
time.sleep(0)`

async function startHolder(directory: string, ...args: string[]) {
  const socket = join(directory, 'socket')
  const holder = spawn('python3', ['-c', HOLDER, socket, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  onTestFinished(() => {
    holder.kill('SIGKILL')
  })
  await once(holder.stdout, 'data')
  return holder
}

describe.skipIf(lacks('python3') || sandboxLacks('python3'))(
  'a process of the host that holds the streams of a program',
  () => {
    const start = async (...args: string[]) => {
      const directory = giveToUser(makeDirectory())
      chmodSync(directory, 0o777)
      const holder = await startHolder(directory, ...args)
      return { holder, workdir: { source: directory, mode: 'read-write' as const } }
    }

    test('does not delay the result of a run that has ended', async () => {
      const { holder, workdir } = await start()
      const run = await runPython(GIVER, { policy: bare(), workdir })
      expect(run).toHaveStdout('before\n')
      expect(run).toSucceed()
      expect(holder.exitCode).toBeNull()
    })

    test('does not delay the result of a run that reached its walltime', async () => {
      const { holder, workdir } = await start()
      const script = GIVER.replace('sleep(0)', 'sleep(1000)')
      const limits = { walltime: '2s' }
      const run = await runPython(script, { policy: bare(), workdir, limits, stdin: 'pipe' })
      expect(run).toExceedWalltime()
      expect(run).toHaveStdout('before\n')
      expect(holder.exitCode).toBeNull()
    })

    test('does not delay the result by writing without end', async () => {
      const { workdir } = await start('flood')
      const run = await runPython(GIVER, { policy: bare(), workdir })
      expect(['exited', 'output']).toContain(run.status)
      expect(run.stdout.startsWith('before\n')).toBe(true)
    })
  },
)
