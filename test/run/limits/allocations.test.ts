import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { runC, runPython } from '../support/programs.ts'
import { lacks, sandboxLacks } from '../support/tools.ts'

const limits = { memory: '512MiB' }
const node = (code: string, options: SandboxOptions = {}) =>
  sandboxed('node', ['-e', code], { policy: 'node', limits, ...options })

describe.skipIf(sandboxLacks('python3'))(
  'a program that asks for more memory than there is',
  () => {
    const huge = '[0] * 10**14'
    const reason =
      'exited with code 1; before that, an allocation of 727.6 TiB failed: the memory limit is 512 MiB'

    test('gets no memory, and the reason says so', async () => {
      const run = await runPython(huge, { limits })
      expect(run.stderr).toContain('MemoryError')
      expect(run.reason).toBe(reason)
    })

    test('of any kind', async () => {
      const shared = await runPython('import mmap; mmap.mmap(-1, 10**16)', { limits })
      expect(shared.reason).toMatch(/^exited with code 1; before that, an allocation of .* failed/)
      const more = await runPython('import ctypes; x = (ctypes.c_char * 10**16)()', { limits })
      expect(more.reason).toMatch(/^exited with code 1; before that, an allocation of .* failed/)
      const enlarged = await runPython('import mmap; mmap.mmap(-1, 4096).resize(10**15)', {
        limits,
      })
      expect(enlarged.reason).toBe(
        'exited with code 1; before that, an allocation of 909.5 TiB failed: the memory limit is 512 MiB',
      )
    })

    test('in parts that fill its address space', async () => {
      const code =
        'import mmap, time\nx = []\ntry:\n  while True: x.append(mmap.mmap(-1, 1 << 32))\nexcept OSError: time.sleep(0.3); exit(1)'
      expect((await runPython(code, { limits })).reason).toMatch(
        /^exited with code 1; it had reserved 1?\d\d(\.\d)? TiB of address space, and the machine has \d+ TiB$/,
      )
      const options = { limits: { ...limits, addressSpace: '1GiB' } }
      const small = code.replace('1 << 32', '1 << 26')
      expect((await runPython(small, options)).reason).toMatch(
        /^exited with code 1; it had reserved [\d.]+ MiB of address space, and the limit is 1 GiB$/,
      )
    })

    test('under the limit on the address space too', async () => {
      const options = { limits: { ...limits, addressSpace: '1GiB' } }
      expect((await runPython('bytearray(3 << 30)', options)).reason).toBe(
        'exited with code 1; before that, an allocation of 3 GiB failed: the limit addressSpace is 1 GiB',
      )
    })

    test('in a child or in another thread', async () => {
      const child = `import os\npid = os.fork()\nif pid == 0: ${huge}\nos._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`
      expect((await runPython(child, { limits })).reason).toBe(reason)
      const thread = `import os, threading\ndef run():\n  try: ${huge}\n  except MemoryError: os._exit(1)\nthreading.Thread(target=run).start()`
      expect((await runPython(thread, { limits })).reason).toBe(reason)
    })

    test('has no memory in its reason when it manages without the memory', async () => {
      const code = `try: ${huge}\nexcept MemoryError: print("too much")`
      const run = await runPython(code, { limits })
      expect(run).toHaveStdout('too much\n')
      expect(run.reason).toBe('exited with code 0')
    })

    test('may ask again and again', async () => {
      const code = `for i in range(2000):\n  try: ${huge}\n  except MemoryError: pass\nprint("done")`
      expect(await runPython(code, { limits })).toHaveStdout('done\n')
    })

    test('is still killed for a call that the policy denies', async () => {
      const code = `import socket\ntry: ${huge}\nexcept MemoryError: socket.socket(socket.AF_INET, socket.SOCK_STREAM)`
      expect(await runPython(code, { limits })).toBeKilledBySeccomp('socket')
    })

    test('has the request in its reason under a policy that logs calls', async () => {
      const seccomp = {
        default: 'kill',
        rules: [{ action: 'log', syscalls: ['getppid'] }],
      } as const
      const policy = { extends: 'strict', seccomp }
      const code = `import os; os.getppid(); ${huge}`
      const run = await runPython(code, { limits, policy })
      expect(run.reason).toBe(reason)
      expect(run.logged?.map(({ name }) => name)).toContain('getppid')
    })
  },
)

describe.skipIf(sandboxLacks('python3'))('a program that dies of its own bug', () => {
  test.each(['raise MemoryError', 'exit(1)', '[0] * 2**62'])(
    'is not blamed on memory: %s',
    async (code) => {
      expect((await runPython(code, { limits })).reason).toBe('exited with code 1')
    },
  )

  test('has its memory usage in the reason when it used nearly all of its limit', async () => {
    const code = 'x = bytearray(90 << 20); import time; time.sleep(0.3); exit(1)'
    expect((await runPython(code, { limits: { memory: '100MiB' } })).reason).toMatch(
      /^exited with code 1; it had used 9\d(\.\d)? MiB of memory, and the limit is 100 MiB$/,
    )
  })
})

describe.skipIf(sandboxLacks('node'))('node', () => {
  test('reserves far more than the limit, and is not blamed for that', async () => {
    expect((await node('process.exit(1)')).reason).toBe('exited with code 1')
  })

  test('gets no buffer of 90 TiB, and the reason says so', async () => {
    expect((await node('new ArrayBuffer(1e15)')).reason).toMatch(
      /^exited with code 1; before that, an allocation of 909\.5 TiB failed: the memory limit is 512 MiB$/,
    )
  })
})

describe('a lack of memory that only the program knows of is quoted from stderr', () => {
  const says = (message: string) =>
    new RegExp(
      `; its stderr reports a failed allocation, "${message}"; it had used [\\d.]+ [KM]iB of memory, and the limit is 512 MiB$`,
    )
  const shell = (code: string, options: SandboxOptions = {}) =>
    sandboxed('sh', ['-c', code], { limits, ...options })

  test.skipIf(sandboxLacks('node'))(
    'the heap of node',
    async () => {
      const code = 'const l = []; for (;;) l.push(new Array(1000).fill(1.5))'
      const run = await sandboxed('node', ['--max-old-space-size=20', '-e', code], {
        policy: 'node',
        limits,
      })
      expect(run.status).toBe('signaled')
      expect(run.reason).toMatch(says('JavaScript heap out of memory'))
    },
    60_000,
  )

  test.skipIf(sandboxLacks('java'))(
    'the heap of Java',
    async () => {
      const main =
        'class Main { public static void main(String[] a) { int[] x = new int[300000000]; } }'
      const run = await sandboxed('java', ['-Xmx32m', 'Main.java'], {
        policy: 'java',
        limits,
        files: { '/work/Main.java': main },
      })
      expect(run.reason).toMatch(says('java.lang.OutOfMemoryError: Java heap space'))
    },
    60_000,
  )

  test.skipIf(sandboxLacks('python3'))('a limit that a program sets for itself', async () => {
    const code =
      'import resource\nresource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))\nx = bytearray(300 << 20)\n'
    const run = await sandboxed('python3', ['m.py'], { limits, files: { '/work/m.py': code } })
    expect(run.reason).toMatch(says('MemoryError'))
    const limited = await shell('ulimit -v 100000; exec perl -e \'push @a, "x" x 1e7 while 1\'')
    expect(limited.reason).toMatch(says('Out of memory!'))
  })

  test.skipIf(lacks('gcc'))(
    'a refused brk, and as many mappings as a process may have',
    async () => {
      const brk = await runC('allocate', ['brk'], { limits })
      expect(brk.reason).toMatch(says('Cannot allocate memory'))
      const mappings = await runC('allocate', ['mappings'], {
        limits: { ...limits, walltime: '60s' },
      })
      expect(mappings.reason).toMatch(says('Cannot allocate memory'))
    },
    90_000,
  )

  test.skipIf(sandboxLacks('python3'))(
    'but not for an error that a program raises itself',
    async () => {
      const files = { '/work/m.py': 'raise MemoryError\n' }
      expect((await sandboxed('python3', ['m.py'], { limits, files })).reason).toBe(
        'exited with code 1',
      )
    },
  )
})
