import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { findDelegation } from '../../../src/limits/cgroup/delegation.ts'
import { findV1Delegation } from '../../../src/limits/cgroup/v1.ts'
import { bare } from '../support/policies.ts'
import { runC, runPython, runShell } from '../support/programs.ts'
import { lacks, sandboxLacks } from '../support/tools.ts'

describe('fileSize', () => {
  const write = (bytes: number) => runShell(`head -c ${bytes} /dev/zero > f`, { limits })
  const limits = { fileSize: '10kB' }

  test.each([0, 9999, 10_000])('allows a file of %i bytes when it is 10 kB', async (bytes) => {
    expect(await write(bytes)).toSucceed()
  })

  test('kills a program that writes more, and the reason says so', async () => {
    const run = await sandboxed('dd', ['if=/dev/zero', 'of=f', 'bs=1000', 'count=11'], {
      limits,
      collect: ['f'],
    })
    expect(run).toBeKilledBy('SIGXFSZ')
    expect(run.reason).toBe(
      'killed by SIGXFSZ: a file or memory file would have become larger than the limit of 9.77 KiB',
    )
    expect(run.files.f?.length).toBe(10_000)
  })

  test('gives EFBIG to a program that ignores SIGXFSZ', async () => {
    const run = await runShell('trap "" XFSZ; head -c 10001 /dev/zero > f; wc -c < f', { limits })
    expect(run.stderr).toContain('File too large')
    expect(run.stdout).toBe('10000\n')
  })

  describe.skipIf(lacks('gcc'))('of 10 kB', () => {
    const make = (how: string) => runC('memory-file', [how], { limits })

    test.each(['memory', 'thread'])(
      'lets a program reserve a memory file of 2 TiB, from its %s',
      async (how) => {
        expect(await make(how)).toHaveStdout(`${2 ** 41}\n`)
      },
    )

    test('lets a program reserve a memory file under a policy without a filter too', async () => {
      const policy = { extends: 'kiss', limits: { fileSize: '10kB' } } as const
      const run = await runC('memory-file', ['memory'], { limits, policy })
      expect(run).toHaveStdout(`${2 ** 41}\n`)
    })

    test.each(['file', 'write'])('ends a program that makes a large %s', async (how) => {
      expect(await make(how)).toBeKilledBy('SIGXFSZ')
    })
  })

  test('does not apply to output to a pipe', async () => {
    expect((await sandboxed('head', ['-c', '20000', '/dev/zero'], { limits })).stdout.length).toBe(
      20_000,
    )
  })
})

describe.skipIf(sandboxLacks('python3'))('openFiles', () => {
  const open = (count: number) =>
    runPython(`import os\nfor i in range(${count}): os.dup(0)\nprint("done")`, {
      limits: { openFiles: 20 },
    })

  test('allows as many as it says', async () => {
    expect(await open(17)).toHaveStdout('done\n')
  })

  test('gives EMFILE for one more', async () => {
    expect((await open(18)).stderr).toContain('Too many open files')
  })
})

describe.skipIf(lacks('gcc'))('processes', () => {
  const limits = { processes: 5 }

  test.each(['fork', 'thread'])('allows as many as it says, by %s', async (how) => {
    expect(await runC('multiply', [how, '100'], { limits })).toHaveStdout('4 more\n')
    expect(await runC('multiply', [how, '4'], { limits })).toHaveStdout('4 more\n')
  })

  test('counts the processes that exist, not those that have ended', async () => {
    const script = 'i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done; echo $i'
    expect(await runShell(script, { limits })).toHaveStdout('50\n')
  })

  test('counts each sandbox separately', async () => {
    const runs = await Promise.all(
      [1, 2, 3, 4].map(() => runC('multiply', ['fork', '100'], { limits })),
    )
    expect(runs.map((run) => run.stdout)).toEqual(Array(4).fill('4 more\n'))
  })

  test('of 1 allows the program alone', async () => {
    expect(await runC('multiply', ['fork', '1'], { limits: { processes: 1 } })).toHaveStdout(
      '0 more\n',
    )
  })
})

describe('disk', () => {
  const limits = { disk: '16MiB' }

  test('allows what it says', async () => {
    const run = await runShell('head -c 16000000 /dev/zero > f', { limits })
    expect(run).toSucceed()
  })

  test.each(['/work', '/tmp', '/dev/shm'])('gives ENOSPC for more in %s', async (directory) => {
    const run = await runShell(`head -c 30M /dev/zero > ${directory}/f`, { limits })
    expect(run.stderr).toContain('No space left on device')
    expect(run).toExitWith(1)
  })

  test('is one limit for all writable directories together', async () => {
    const run = await runShell(
      'for d in /work /tmp /dev/shm; do head -c 8M /dev/zero > $d/f; done',
      {
        limits,
      },
    )
    expect(run.stderr).toContain('No space left on device')
  })

  test('also limits files without contents', async () => {
    const run = await runPython(
      `
import os
try:
    for i in range(10**6): os.close(os.open(str(i), os.O_CREAT))
except OSError as e: print(e.strerror, i < 10000)`,
      { limits },
    )
    expect(run).toHaveStdout('No space left on device True\n')
  })
})

describe.skipIf(lacks('gcc'))('stack', () => {
  test('limits a recursion, which gets SIGSEGV above it', async () => {
    const limits = { stack: '4MiB' }
    expect(await runC('recurse', ['3000'], { limits })).toSucceed()
    expect(await runC('recurse', ['5000'], { limits })).toBeKilledBy('SIGSEGV')
    expect(await runC('recurse', ['5000'], { limits: { stack: '8MiB' } })).toSucceed()
  })
})

describe('core', () => {
  test('of 0 leaves no core file', async () => {
    const run = await runShell('sh -c "kill -SEGV \\$\\$"; ls; ulimit -c', {
      limits: { fileSize: '1GiB' },
    })
    expect(run).toHaveStdout('0\n')
  })
})

describe.skipIf(sandboxLacks('python3'))('addressSpace', () => {
  const reserve = (size: string) =>
    runPython('import mmap\nmmap.mmap(-1, 100 << 20)\nprint("reserved")', {
      limits: { addressSpace: size },
    })

  test('above the amount that a program reserves does not disturb it', async () => {
    expect(await reserve('400MiB')).toHaveStdout('reserved\n')
  })

  test('below that amount gives ENOMEM', async () => {
    expect((await reserve('100MiB')).stderr).toContain('Cannot allocate memory')
  })
})

describe('all limits of a policy and a call', () => {
  test('are set as hard limits, so that a program cannot raise them', async () => {
    const run = await runShell('ulimit -n; ulimit -Hn; ulimit -n 100 && ulimit -n; ulimit -n 200', {
      limits: { openFiles: 128 },
    })
    expect(run.stdout).toBe('128\n128\n100\n')
    expect(run.stderr).not.toBe('')
  })

  test('are those of the call where both name one', async () => {
    const policy = bare({ limits: { openFiles: 100, processes: 10 } })
    const run = await sandboxed('cat', ['/proc/self/limits'], { policy, limits: { openFiles: 50 } })
    expect(run.stdout).toMatch(/^Max open files +50 +50 /m)
    expect(run.stdout).toMatch(/^Max core file size +/m)
    expect(run.limits).toMatchObject({ openFiles: 50, processes: 10 })
  })

  test('cause an error where the host itself does not allow them', async () => {
    const run = sandboxed('true', [], { limits: { openFiles: 2 ** 31 - 1 } })
    await expect(run).rejects.toMatchObject({
      code: 'LIMIT_UNAVAILABLE',
      step: { syscall: 'prlimit64', process: 'target' },
      hint: expect.stringContaining('limits.openFiles'),
    })
  })
})

describe('require', () => {
  const policy = { extends: 'strict', require: ['memory:cgroup'] } as const
  const delegation = findDelegation()
  const isHeld =
    ('path' in delegation && delegation.controllers.has('memory')) ||
    'directories' in findV1Delegation()

  test('refuses a run whose limit would be held in a weaker way, and gives the reason', async () => {
    if (isHeld) {
      expect((await sandboxed('true', { policy })).enforcement.memory).toBe('cgroup')
      return
    }
    const run = sandboxed('true', { policy })
    await expect(run).rejects.toMatchObject({ code: 'LIMIT_UNAVAILABLE' })
    await expect(sandboxed('true', { policy })).rejects.toThrow(
      'The policy requires "memory:cgroup", but here that limit is held by watch: ',
    )
  })

  test('ignores a limit that is not set', async () => {
    const without = { ...bare(), require: ['processes:cgroup'] } as const
    expect(await sandboxed('true', { policy: without })).toSucceed()
  })
})
