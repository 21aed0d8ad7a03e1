import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { FD } from '../../../src/launcher/plan/fd-numbers.ts'
import type { LateMount } from '../../../src/launcher/plan/late-mounts.ts'
import type { Argument, Step } from '../../../src/launcher/step.ts'
import {
  AT_FDCWD,
  MS_REMOUNT,
  O_CREAT,
  O_EXCL,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from '../../../src/linux/constants.ts'
import { random } from '../random.ts'
import { type PathUse, pathUses } from './path-uses.ts'
import {
  enteredSteps,
  initSteps,
  type PlanChanges,
  root,
  samplePlan,
  user,
  workdirs,
  workdirVariants,
} from './sample-plans.ts'

const placeOf = (argument: Argument): string | undefined =>
  typeof argument === 'object' && argument.kind === 'load' ? argument.place : undefined

const isOneName = (path: string): boolean => /^[^/]+$/.test(path) && path !== '..'

/** Whether openat2(2) must stay in the root and follow no link. */
function resolvesSafely({ syscall, args }: Step): boolean {
  const [, , how] = args
  if (syscall !== 'openat2' || typeof how !== 'object' || how.kind !== 'words') return false
  const [, , resolve] = how.words
  return resolve === (RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
}

/** Whether a step that succeeds has made its path, and made no link. */
const isNew = ({ syscall, args, tolerate, whenEqual }: Step): boolean =>
  (syscall === 'mkdirat' && tolerate === undefined && whenEqual === undefined) ||
  (syscall === 'openat' && (Number(args[2]) & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL))

/** Reads the init's steps in the entered root, and knows which descriptors and directories are safe. */
class EnteredRoot {
  readonly #opened = new Set<string>()
  /** The paths that the plan itself made in its current copy: '' is the copy itself. */
  readonly #fresh = new Set<string>()
  /** The trees that are copies. */
  readonly #copies: ReadonlySet<string>

  constructor(copies: readonly string[]) {
    this.#copies = new Set(copies)
  }

  /** The paths of a step that a planted link could divert. */
  diverted(step: Step): PathUse[] {
    const found = pathUses(step).filter((use) => !this.#isSafe(use))
    const safely = resolvesSafely(step) || found.length === 0
    if (step.store !== undefined && /^open/.test(step.syscall)) {
      if (safely) this.#opened.add(step.store)
      else this.#opened.delete(step.store)
    }
    if (found.length === 0 && isNew(step)) this.#noteFresh(step)
    if (step.syscall === 'chdir' || step.syscall === 'fchdir') this.#enter(step)
    return found
  }

  #isSafe({ step, directory, path, follows }: PathUse): boolean {
    if (['', '.', '/'].includes(path) || resolvesSafely(step)) return true
    // A mount of the host, not of the student.
    if (directory === FD.proc) return true
    if (directory !== AT_FDCWD) {
      return this.#opened.has(placeOf(directory) ?? '') && isOneName(path) && !follows
    }
    if (this.#fresh.has(path)) return true
    return this.#fresh.has(path.slice(0, Math.max(0, path.lastIndexOf('/')))) && !follows
  }

  #enter({ args: [directory] }: Step): void {
    this.#fresh.clear()
    if (directory !== undefined && this.#copies.has(placeOf(directory) ?? '')) this.#fresh.add('')
  }

  #noteFresh({ args: [directory, path] }: Step): void {
    if (directory !== AT_FDCWD || typeof path !== 'object' || path.kind !== 'text') return
    this.#fresh.add(path.text)
  }
}

/** The paths that a planted link could divert, of all the init's steps in the entered root. */
function divertedSteps(changes: PlanChanges, flow = root): string[] {
  const { steps } = samplePlan(flow, changes)
  const mounts = [workdirs.empty, ...(changes.mounts ?? [])].with(
    0,
    changes.workdir ?? workdirs.empty,
  )
  const copies = mounts.flatMap(({ type }, index) => (type === 'copy' ? [`tree.fd${index}`] : []))
  const entered = new EnteredRoot(copies)
  return enteredSteps(steps)
    .filter((step) => entered.diverted(step).length > 0)
    .map(describeStep)
}

/** Mounts and files of every kind, with targets in the working directory and in other mounts. */
function randomEntries(seed: number): Required<Pick<PlanChanges, 'mounts' | 'files'>> {
  const pick = random(seed)
  const oneOf = <T>(...choices: readonly T[]): T => choices[pick(choices.length)] as T
  const target = () =>
    `/${[oneOf('work', 'usr', 'new'), ...Array.from({ length: 1 + pick(3) }, () => oneOf('a', 'b', 'c'))].join('/')}`
  const bind = { type: 'bind', source: '/srv/tests' } as const
  const mount = (): LateMount =>
    oneOf<LateMount>(
      { ...bind, target: target(), isDirectory: true, writable: pick(2) === 0 },
      { ...bind, target: target(), isDirectory: false, writable: false, noexec: true },
      { type: 'symlink', target: target(), link: oneOf('/etc', '../..', 'a') },
      { type: 'tmpfs', target: target() },
      { type: 'tmpfs', target: target(), sizeBytes: 4096 },
      { ...workdirs['read-only overlay'], target: target() },
      { ...workdirs.overlay, target: target() },
      { ...workdirs.copy, target: target(), noexec: true },
    )
  return {
    mounts: Array.from({ length: pick(6) }, mount),
    files: Array.from({ length: pick(6) }, () => ({ target: target(), contents: 'x' })),
  }
}

describe('no step follows a link that a student planted', () => {
  test.each(workdirVariants)(
    'as $flow.kind, workdir: $name, before the root is entered',
    ({ flow, workdir }) => {
      for (let seed = 0; seed < 20; seed++) {
        const { steps } = samplePlan(flow, { ...randomEntries(seed), workdir })
        const init = initSteps(steps)
        const entered = init.findIndex(({ syscall }) => syscall === 'pivot_root')
        const uses = init.slice(0, entered).flatMap(pathUses)
        const inside = uses.filter(({ path }) => /^(\.\/)*work\//.test(path))
        expect(inside.map(({ step }) => describeStep(step))).toEqual([])
        const below = (mount: string) => uses.filter(({ path }) => path.startsWith(`${mount}/`))
        for (const mount of ['usr', 'scratch', 'etc/ld.so.cache']) expect(below(mount)).toEqual([])
      }
    },
  )

  test.each(workdirVariants)(
    'as $flow.kind, workdir: $name, in the entered root',
    ({ flow, workdir }) => {
      for (let seed = 0; seed < 50; seed++) {
        expect(divertedSteps({ ...randomEntries(seed), workdir }, flow)).toEqual([])
      }
    },
  )

  // A directory may be a link by the time that the owners of an overlay change. Another run can write to the source on
  // the host, and root would then change the owner of the link's target.
  test('when the content of an overlay becomes the program’s', () => {
    expect(divertedSteps({ workdir: workdirs.overlay })).toEqual([])
  })

  test('except the host’s mounts below a late one, which kernels before 5.12 know by path alone', () => {
    const mounts = [
      { type: 'bind', source: '/srv', target: '/work/srv', isDirectory: true, writable: true },
    ] as const
    const remount = (path: string) => [
      { path, flags: 0 },
      { path: `${path}/a/b`, flags: 0 },
    ]
    expect(divertedSteps({ mounts, remount })).toEqual([
      'mount("/work/srv", MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
      'mount("/work/srv/a/b", MS_NOSUID|MS_NODEV|MS_REMOUNT|MS_BIND)',
    ])
  })
})

describe('the init reads files after the program’s end', () => {
  test.each([
    ['copies', ['/', '', '']],
    ['descriptors', ['/']],
  ] as const)('only in its own root and through no link, for %s', (by, others) => {
    const init = initSteps(
      samplePlan(user, { collect: { paths: ['/work/a/b', '/tmp/c'], by } }).steps,
    )
    const collecting = init.slice(init.findIndex(({ label }) => label === 'collect'))
    const opened = collecting.filter(({ syscall }) => /^open/.test(syscall))
    expect(opened.map(resolvesSafely)).toEqual([true, true])
    const uses = collecting.flatMap(pathUses).filter(({ step }) => !resolvesSafely(step))
    expect(uses.map(({ path }) => path)).toEqual(others)
  })
})

test('a plan remounts only mounts of its own', () => {
  for (const { flow, workdir } of workdirVariants) {
    const targets = samplePlan(flow, { ...randomEntries(7), workdir })
      .steps.filter(({ syscall, args }) => syscall === 'mount' && Number(args[3]) & MS_REMOUNT)
      .flatMap(pathUses)
      .map(({ path }) => path)
    for (const target of targets) expect(['/', '.', 'proc/fs', 'proc/stat']).toContain(target)
  }
})
