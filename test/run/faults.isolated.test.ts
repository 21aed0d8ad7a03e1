import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createSandbox, isSandboxError, type SandboxOptions } from '../../src/index.ts'
import type { Assembled } from '../../src/launcher/image/assemble.ts'
import { STEP_SIZE, STEPS_ADDRESS } from '../../src/launcher/machine/memory-layout.ts'
import type { Step } from '../../src/launcher/step.ts'
import { finish } from '../../src/work.ts'
import { giveToUser, makeDirectory } from './support/directory.ts'
import { bare } from './support/policies.ts'
import { children, eventually } from './support/processes.ts'
import { launcherFiles, sandboxMounts, useOwnTemporaryDirectory } from './support/remains.ts'
import { adoptOrphans } from './support/subreaper.ts'

/** A number that no system call has: the step fails with ENOSYS. */
const NO_SYSCALL = 1023

/** The step that fails in the next launch program, and the steps that this program had. */
const fault = vi.hoisted(() => ({
  index: undefined as number | undefined,
  part: 'image' as 'image' | 'request',
  steps: { image: [] as readonly unknown[], request: [] as readonly unknown[] },
}))

vi.mock(import('../../src/launcher/image/assemble.ts'), async (original) => {
  const actual = await original()
  const assemble: typeof actual.assemble = (segment, options) =>
    finish(assembleInPieces(segment, options))
  const assembleInPieces: typeof actual.assembleInPieces = function* (segment, options) {
    const assembled = yield* actual.assembleInPieces(segment, options)
    const part = options.address === STEPS_ADDRESS ? 'image' : 'request'
    fault.steps[part] = assembled.steps
    return part === fault.part ? broken(assembled) : assembled
  }
  return { ...actual, assemble, assembleInPieces }
})

function broken(assembled: Assembled): Assembled {
  const { index } = fault
  if (index === undefined) return assembled
  // The fault applies once, so that a second attempt in another way works.
  fault.index = undefined
  const bytes = Buffer.from(assembled.bytes)
  bytes.writeUInt32LE(NO_SYSCALL, index * STEP_SIZE)
  return { ...assembled, bytes }
}

const sandboxed = createSandbox({ concurrency: 1 })

type Options = Omit<SandboxOptions, 'policy'> & { readonly policy: () => object }

useOwnTemporaryDirectory()

/** The things that a run could leave behind. */
const census = () => ({
  descriptors: readdirSync('/proc/self/fd').length,
  mounts: sandboxMounts(),
  launchers: launcherFiles(),
})

const alive = () => children().filter((child) => /^[^Z] .*(gradebox|true)/.test(child))

// Each run has a policy object of its own where the image must be made again.
const outcomeOf = ({ policy, ...options }: Options) =>
  sandboxed('true', [], { ...options, policy: policy() }).then(
    (result) => result.status as string,
    (error: unknown) => error,
  )

/** The result of a failing step; undefined where the plan allows the step to fail. */
function expected({ process, syscall, failure, onError = 'fail' }: Step): object | undefined {
  if (onError !== 'fail') return undefined
  return { code: failure?.code ?? 'SETUP_FAILED', step: { process, syscall, errno: 'ENOSYS' } }
}

const nameOf = ({ process, syscall, label }: Step): string =>
  `${process} ${syscall}${label === undefined ? '' : ` (${label})`}`

beforeAll(adoptOrphans)

/** Steps that a good run does not execute: they serve other ends of a run, or objects that are missing. */
const notTaken: readonly string[] = [
  // Where no network could be made.
  'starter write',
  // Where a limit or the caller ends the run.
  'init write',
  'init write (watch.tampered)',
  'init write (watch.stopped)',
  'init clock_gettime (watch.stop)',
  'init wait4',
  // Where the program ends before the init checks twice.
  'init clock_gettime (watch.more)',
  // Where directories are new, files are missing, and programs cannot be executed.
  'init fchownat',
  'init statx',
  'init chdir',
  'init close',
  'target dup3',
  'init write (exec0.report)',
  'init write (exec1.report)',
  'init write (exec2.report)',
  // The next attempt makes a copy, or a bind in place of a mount.
  'init mount (overlay 0)',
  'init mount (overlay 1)',
]

/** Lets every step of one part fail, one per run; returns the steps that the run did not need. */
async function breakEach(part: 'image' | 'request', options: Options) {
  fault.part = part
  expect(await outcomeOf(options)).toBe('exited')
  const steps = fault.steps[part] as readonly Step[]
  const before = census()
  const passed = new Set<string>()
  // After a counter of CPU time or an overlay is refused, the plans have other steps. These steps therefore come last, and
  // each is found by its name.
  const changesPlan = ({ syscall, label = '' }: Step) =>
    syscall === 'perf_event_open' || label === 'watch.end' || label.startsWith('overlay ')
  for (const step of [...steps].sort((a, b) => +changesPlan(a) - +changesPlan(b))) {
    // This call cannot fail, and nothing comes after it.
    if (step.syscall === 'exit_group') continue
    const current = fault.steps[part] as readonly Step[]
    const index = changesPlan(step)
      ? current.findIndex((each) => nameOf(each) === nameOf(step))
      : steps.indexOf(step)
    // A refusal applies to every overlay of the same device.
    if (index === -1) continue
    fault.index = index
    const outcome = await outcomeOf(options)
    if (typeof outcome === 'string') {
      // A failed wait counts as tampering with the init.
      expect(outcome, nameOf(step)).toBe(step.label === 'watch.wait' ? 'signaled' : 'exited')
      if (expected(step) !== undefined) passed.add(nameOf(step))
    }
    if (typeof outcome !== 'string') {
      expect(isSandboxError(outcome), `${nameOf(step)}: ${outcome}`).toBe(true)
      expect(outcome, nameOf(step)).toMatchObject(expected(step) ?? {})
    }
    const isOver = await eventually(() => alive().length === 0)
    expect(isOver, `${nameOf(step)} leaves ${alive()}`).toBe(true)
    // Node closes the ends of a run's streams a moment after the run.
    await eventually(() => isDeepStrictEqual(census(), before))
    expect(census(), nameOf(step)).toEqual(before)
  }
  return { steps, passed: [...passed] }
}

describe('a failure of any step of the launch program', () => {
  const policy = bare()

  test('is named and leaves nothing behind, among the steps that every run has', async () => {
    const { steps, passed } = await breakEach('image', { policy: () => bare() })
    expect(steps.length).toBeGreaterThan(100)
    expect(notTaken).toEqual(expect.arrayContaining(passed))
  })

  const options = () => ({
    policy: () => policy,
    workdir: giveToUser(makeDirectory({ file: 'x' })),
    files: { '/work/in': 'x', '/tmp/y/z': 'y' },
    mounts: [{ source: giveToUser(makeDirectory({ file: 'y' })), target: '/work/mounted' }],
    collect: ['file', 'missing'],
    limits: { cpu: '1s', openFiles: 64 },
    stderr: 'ignore' as const,
  })

  test('is named and leaves nothing behind, among the steps that an option adds', async () => {
    const { steps, passed } = await breakEach('request', options())
    expect(steps.length).toBeGreaterThan(40)
    expect(notTaken).toEqual(expect.arrayContaining(passed))
  })

  test('is named and leaves nothing behind, among the steps that follow a refused overlay', async () => {
    const { steps, passed } = await breakEach('request', options())
    expect(steps.some(({ syscall }) => syscall === 'sendfile')).toBe(true)
    expect(notTaken).toEqual(expect.arrayContaining(passed))
  })
})
