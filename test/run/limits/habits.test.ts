import { describe, expect, test } from 'vitest'
import { runPython, runShell } from '../support/programs.ts'
import { sandboxLacks } from '../support/tools.ts'

const walltime = { limits: { walltime: '400ms' } }

describe('the walltime ends a program that', () => {
  const habits = {
    'ignores every signal that it can':
      'trap "" HUP INT QUIT TERM XCPU ALRM USR1 USR2 PIPE; sleep 20',
    'stops itself': 'echo partial; kill -STOP $$; echo went on',
    'closes its output and continues': 'echo partial; exec >&- 2>&-; sleep 20',
    'left its work to a daemon': 'setsid sh -c "sleep 20" & echo partial; wait',
    'spins in the kernel': 'cat /dev/zero > /dev/null',
    'prints without a newline': 'printf partial; sleep 20',
  }
  test.each(Object.entries(habits))('%s', async (_, script) => {
    const run = await runShell(script, walltime)
    expect(run).toExceedWalltime()
    expect(run.usage.wallTimeMs).toBeGreaterThanOrEqual(400)
    // The limit ended the run before the program would have ended by itself.
    expect(run.usage.wallTimeMs).toBeLessThan(20_000)
    expect('partial\n'.startsWith(run.stdout)).toBe(true)
  })
})

// On a busy machine this process waits for a processor before it can check.
const held = { retry: 2 }

describe.skipIf(sandboxLacks('python3'))('the CPU limit ends a program that', () => {
  const limits = { cpu: '400ms', walltime: '20s' }
  const habits = {
    'has threads': `import threading
def spin():
    while True: pass
for i in range(4): threading.Thread(target=spin).start()`,
    'spins in the kernel': `import os
fd = os.open('/dev/zero', os.O_RDONLY)
while True: os.read(fd, 1 << 20)`,
    'uses vfork': `import subprocess
while True: subprocess.run(['/bin/true'])`,
  }
  test.each(Object.entries(habits))('%s', held, async (_, script) => {
    const run = await runPython(script, { limits })
    expect(run).toExceedCpu()
    expect(run.usage.cpuTimeMs).toBeLessThan(400 * 1.25 + 50)
  })
})

// A caller that reads only the streams would believe that the run has ended. A shell closes its streams that early.
describe('a program that closes its output at once', () => {
  const closings = { 'stdout alone': 'exec >&-', 'both streams': 'exec >&- 2>&-' }
  const four = (program: string) => `for i in 1 2 3 4; do ${program} & done; wait`

  test.each(Object.entries(closings))(
    '(%s): its children are still held to the CPU limit',
    held,
    async (_, close) => {
      const limits = { cpu: '400ms', walltime: '20s' }
      const run = await runShell(`${close}; ${four('(while :; do :; done)')}`, { limits })
      expect(run).toExceedCpu()
      expect(run.usage.cpuTimeMs).toBeLessThan(400 * 1.25 + 50)
    },
  )

  test.skipIf(sandboxLacks('python3')).each(Object.entries(closings))(
    '(%s): its children are still held to the memory limit',
    async (_, close) => {
      const child = 'python3 -c "import time; x = bytearray(40 << 20); time.sleep(100)"'
      const limits = { memory: '64MiB', walltime: '60s' }
      const run = await runShell(`${close}; ${four(child)}`, { limits })
      expect(run).toExceedMemory()
    },
  )
})

describe.skipIf(sandboxLacks('python3'))('a file with a hole', () => {
  test('costs the disk limit nothing, however large', async () => {
    const sparse =
      "import os\nos.truncate(os.open('/tmp/sparse', os.O_CREAT | os.O_RDWR), 1 << 40)\nprint(os.path.getsize('/tmp/sparse'))"
    const limits = { disk: '8MiB', fileSize: 2 ** 41 }
    expect(await runPython(sparse, { limits })).toHaveStdout('1099511627776\n')
  })
})
