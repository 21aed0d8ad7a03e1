import { describe, expect, test } from 'vitest'
import { FD } from '../../../src/launcher/plan/fd-numbers.ts'
import type { Argument, Step } from '../../../src/launcher/step.ts'
import {
  calls,
  enteredSteps,
  initSteps,
  type PlanChanges,
  root,
  samplePlan,
  workdirs,
  workdirVariants,
} from './sample-plans.ts'

const OPENING = /^(open|timerfd_create|signalfd|memfd_create|seccomp|perf_event_open)/

/** The init's descriptors, as its steps before the program open and close them. */
class Descriptors {
  readonly #open = new Set([
    ...[0, 1, 2, FD.report, FD.control, FD.request, FD.collect, FD.go],
    // The starter's descriptors, which the init shares.
    ...[FD.proc, FD.network, FD.networkReady],
  ])
  readonly #places = new Map<string, number>()
  readonly taken: number[] = []

  get open(): readonly number[] {
    return [...this.#open].toSorted((a, b) => a - b)
  }

  take({ syscall, args, store, whenDifferent }: Step): void {
    const [first, second] = args.map((argument) => this.#number(argument))
    if (syscall === 'dup3' && second !== undefined) this.#open.add(second)
    if (syscall === 'close' && first !== undefined) {
      if (!this.#open.delete(first)) throw new Error(`${first} is closed, but not open`)
    }
    if (!OPENING.test(syscall)) return
    const fd = this.#lowestFree()
    this.#open.add(fd)
    this.taken.push(fd)
    if (store !== undefined) this.#places.set(store, fd)
    if (whenDifferent !== undefined) expect(fd).toBe(whenDifferent.value)
  }

  /** The descriptors that another process with the same table puts there. */
  put(...descriptors: readonly number[]): void {
    for (const fd of descriptors) this.#open.add(fd)
  }

  #lowestFree(): number {
    let fd = 0
    while (this.#open.has(fd)) fd++
    return fd
  }

  #number(argument: Argument): number | undefined {
    if (typeof argument === 'number') return argument
    return typeof argument === 'object' && argument.kind === 'load'
      ? this.#places.get(argument.place)
      : undefined
  }
}

function descriptorsOf(changes: PlanChanges, flow = root) {
  const init = initSteps(samplePlan(flow, changes).steps)
  const before = init.slice(
    0,
    init.findIndex(({ store }) => store === 'watch.target'),
  )
  const descriptors = new Descriptors()
  for (const step of before) {
    // A child has ended when the parent has waited for it.
    if (step.syscall === 'wait4') descriptors.put(FD.idmap)
    descriptors.take(step)
  }
  return descriptors
}

const mountsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    type: 'bind' as const,
    source: `/srv/${index}`,
    target: `/data/${index}`,
    isDirectory: true,
    writable: false,
  }))

describe('the init’s descriptors', () => {
  test.each(workdirVariants)(
    'are exactly those that the plan expects when the program starts: $flow.kind, $name',
    ({ flow, workdir }) => {
      const mounts = mountsOf(3)
      const files = mounts.map(({ target }) => ({ target: `${target}/new/file`, contents: 'x' }))
      const { open } = descriptorsOf({ mounts, files, workdir }, flow)
      const {
        report,
        control,
        request,
        collect,
        go,
        proc,
        timer,
        signal,
        listener,
        oomScore,
        processors,
        cpuCounter,
      } = FD
      const ours = [
        report,
        control,
        request,
        collect,
        go,
        proc,
        timer,
        signal,
        listener,
        oomScore,
        cpuCounter,
        processors,
      ]
      expect(open).toEqual([0, 1, 2, ...ours])
    },
  )

  test('include one more descriptor where calls are logged', () => {
    const [without, logging] = [
      descriptorsOf({ filtered: 'kill' }),
      descriptorsOf({ filtered: 'log' }),
    ]
    expect(logging.open.filter((fd) => !without.open.includes(fd))).toEqual([FD.scratch])
    expect(FD.scratch).toBeGreaterThan(FD.listener)
  })

  test('no longer include the host’s /proc once the program has started', () => {
    const all = calls(initSteps(samplePlan(root).steps))
    const started = all.findIndex((call) =>
      call.startsWith('clone(CLONE_VM|CLONE_FILES|CLONE_VFORK'),
    )
    expect(all.slice(started + 1, started + 7)).toEqual([
      'close_range(0, 2, 0)',
      'write(32, &watch.oomScore, watch.oomScoreLength)',
      'close(32)',
      'close(8)',
      'close(5)',
      'close(7)',
    ])
  })

  test('stay below those that other processes put in their places', () => {
    const { taken } = descriptorsOf({ mounts: mountsOf(8), workdir: workdirs.copy })
    expect(Math.max(...taken)).toBeLessThan(Math.min(FD.network, FD.idmap))
  })

  // The starter puts the namespace at FD.network while the init takes the mounts' trees. With 13 or more trees, one
  // would sometimes be replaced, and the run would fail with EINVAL.
  test('never have the network’s number, however many mounts there are', () => {
    expect(descriptorsOf({ mounts: mountsOf(40) }).taken).not.toContain(FD.network)
  })
})

test('the init opens every file in the entered root with O_CLOEXEC', () => {
  const O_CLOEXEC = 0o2000000
  const mounts = mountsOf(2)
  for (const { flow, workdir } of workdirVariants) {
    const opening = enteredSteps(samplePlan(flow, { mounts, workdir }).steps).filter(
      ({ syscall }) => /^open/.test(syscall),
    )
    expect(opening.length).toBeGreaterThan(4)
    for (const { args } of opening) {
      const flags = typeof args[2] === 'object' && 'words' in args[2] ? args[2].words[0] : args[2]
      expect(Number(flags) & O_CLOEXEC).toBe(O_CLOEXEC)
    }
  }
})
