import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createSandbox, type SandboxHandle, type SandboxOptions } from '../../src/index.ts'
import { makeDirectory } from '../run/support/directory.ts'
import { machineState } from '../run/support/killed-runner.ts'
import { makeMarker, processesWith } from '../run/support/processes.ts'
import { compile } from '../run/support/programs.ts'
import { useOwnTemporaryDirectory } from '../run/support/remains.ts'

const RUNS = 20_000
const AT_ONCE = 8
const WARM_UP = 2000
const REPORT_EVERY = 2000

const run = createSandbox({ concurrency: AT_ONCE })
const marker = makeMarker()

const c = (name: string, args: readonly string[], options: SandboxOptions = {}): SandboxHandle =>
  run(`/tmp/${name}`, args, { ...options, files: { [`/tmp/${name}`]: compile(name) } })
const sh = (script: string, options: SandboxOptions = {}): SandboxHandle =>
  run('sh', ['-c', script], options)

const brief = { walltime: '40ms', processes: 20 }

/** Good and hostile programs, with the end that each must have every time. */
function ways(workdir: string): readonly (readonly [string, () => SandboxHandle])[] {
  return [
    ['exited 0', () => run('true')],
    ['exited 0', () => run('true', [], { policy: 'kiss' })],
    ['exited 0', () => run('cat', [], { stdin: 'x'.repeat(100_000) })],
    ['exited 0', () => sh('cat file > copy; rm file', { workdir, collect: ['copy'] })],
    ['exited 3', () => sh(`setsid sleep ${marker} & exit 3`)],
    ['exited 0', () => sh(`(trap "" TERM; sleep ${marker}) & (sleep ${marker} &) ; true`)],
    ['signaled SIGSEGV', () => sh('kill -SEGV $$')],
    ['seccomp', () => c('call', ['ptrace'])],
    ['seccomp', () => c('call', ['socket', 'AF_NETLINK'])],
    ['walltime', () => c('bomb', ['fork'], { limits: brief, stdout: 'ignore' })],
    ['walltime', () => c('outlive', ['ignore-all'], { limits: brief, policy: 'kiss' })],
    ['walltime', () => c('attack-init', ['flood'], { limits: brief, policy: 'kiss' })],
    ['output', () => run('yes', [], { limits: { output: 10_000 } })],
    ['exited 1', () => sh('head -c 9M /dev/zero > /tmp/x', { limits: { disk: '1MiB' } })],
    ['exited 0', () => c('attack-init', ['prlimit'], { policy: 'kiss' })],
    ['PROGRAM_NOT_FOUND', () => run('missing')],
    ['MOUNT_FAILED', () => run('true', [], { workdir: '/nonexistent' })],
    ['aborted', () => sh('sleep 100', { signal: AbortSignal.timeout(5) })],
  ]
}

const endOf = (handle: SandboxHandle): Promise<string> =>
  handle.then(
    ({ status, exitCode, signal }) => {
      if (status === 'exited') return `exited ${exitCode}`
      return status === 'signaled' ? `signaled ${signal}` : status
    },
    ({ code }) => code,
  )

useOwnTemporaryDirectory()

const census = () => ({
  ...machineState(),
  descriptors: readdirSync('/proc/self/fd').length,
  threads: readdirSync('/proc/self/task').length,
})

const megabytes = (): number => {
  globalThis.gc?.()
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Math.round(Number(kilobytes) / 1024)
}

test(`${RUNS} runs, ${AT_ONCE} at a time, good and hostile, end as they must and leave nothing`, async () => {
  const all = ways(makeDirectory({ file: 'content' }))
  const wrong = new Map<string, number>()
  let started = 0
  const lane = async (end: number) => {
    while (started < end) {
      const [expected, start] = all[started++ % all.length] as (typeof all)[number]
      const got = await endOf(start())
      if (got !== expected) {
        const what = `${expected} was ${got}`
        wrong.set(what, (wrong.get(what) ?? 0) + 1)
      }
    }
  }
  const upTo = (end: number) => Promise.all(Array.from({ length: AT_ONCE }, () => lane(end)))
  await upTo(WARM_UP)
  const before = { census: census(), memory: megabytes() }
  for (let end = WARM_UP + REPORT_EVERY; end <= RUNS; end += REPORT_EVERY) {
    await upTo(end)
    console.log(
      `${started} runs, resident ${megabytes()} MiB, wrong: ${JSON.stringify([...wrong])}`,
    )
  }
  expect([...wrong]).toEqual([])
  expect(processesWith(marker)).toEqual([])
  expect(census()).toEqual(before.census)
  expect(megabytes() - before.memory).toBeLessThan(50)
})
