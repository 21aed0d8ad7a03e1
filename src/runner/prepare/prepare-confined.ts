import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSandboxError } from '../../errors/sandbox-error.ts'
import type { Assembled } from '../../launcher/image/assemble.ts'
import type { ConfinedAs } from '../../launcher/plan/confined/confined-plan.ts'
import {
  planConfinedImage,
  planConfinedRequest,
} from '../../launcher/plan/confined/confined-plan.ts'
import type { CopiedDirectory } from '../../launcher/plan/confined/directory-steps.ts'
import type { Meaning } from '../../launcher/plan/log.ts'
import type { FilterUse } from '../../launcher/plan/target.ts'
import { spareFromOomKiller } from '../../limits/oom-score.ts'
import { resourceLimits } from '../../limits/rlimit.ts'
import { type EnforcementByLimit, INIT_PROCESSES, UNLIMITED } from '../../limits/table.ts'
import { syscallNumber } from '../../linux/syscalls.ts'
import type { Policy } from '../../policy/policy.ts'
import { compileSeccomp, logsCalls } from '../../seccomp/compiler/compile.ts'
import { killsUntold, notifiedMeanings } from '../../seccomp/compiler/notified.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { guarded, noRules } from '../../seccomp/guard/guard.ts'
import { askedCalls, confinedRules, withRules } from '../../seccomp/guard/levels.ts'
import { finish, type Work } from '../../work.ts'
import type { RunDirectory } from '../confined/run-directory.ts'
import { impossible, isOwn, mountRules, ownFiles, visibleRules } from '../confined/visible-paths.ts'
import { hostMachine } from '../host-machine.ts'
import { lookUpHostPath } from '../io/host-file.ts'
import type { ConfinedBy } from '../isolation/isolation-of.ts'
import { assembleRequest, makeImage } from '../launch/launch.ts'
import type { RunOptions } from '../options/normalize.ts'
import type { WorkdirOption } from '../options/sandbox-options.ts'
import { checkDirectory, directoryError } from '../workdir/resolve.ts'
import type { Listing } from '../workdir/scan.ts'
import { candidatesFor } from './candidates.ts'
import type { PolicyImage } from './image-cache.ts'
import { collectionOf, streamsOf } from './prepare.ts'
import { LastRequest } from './request.ts'

/** The facts that decide how to prepare a run without namespaces. */
export interface ConfinedPreparation {
  readonly by: ConfinedBy
  readonly directory: RunDirectory
  readonly filterReport: 'listener' | 'kill'
  readonly listing: Listing
  readonly enforcement: EnforcementByLimit
  /** The processors of the run's turn. */
  readonly processors: readonly number[]
}

/**
 * Checks that a run does not need anything that only namespaces provide.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE, with its name
 */
export function checkConfined(options: RunOptions, hasTerminal: boolean): void {
  const { workdir, workdirTarget, policy } = options
  if (hasTerminal || policy.terminal === true) {
    throw impossible(
      'a terminal of the program’s own',
      'Leave `terminal` out of the options and the policy; give `gradebox run` a pipe: gradebox run … | cat.',
    )
  }
  if (workdir?.mode === 'read-write') {
    throw impossible(
      `the working directory ${JSON.stringify(workdir.source)} read-write`,
      'Show it copy-on-write and bring files back with `collect`.',
    )
  }
  if (workdirTarget !== '/work') {
    throw impossible(
      `the working directory at ${JSON.stringify(workdirTarget)}`,
      'It is a directory of the run’s own, to which the program’s HOME and current directory point: leave `target` out.',
    )
  }
  const named = options.files.find(({ target }) => !isOwn(target))
  if (named !== undefined) {
    throw impossible(
      `the file ${JSON.stringify(named.target)}`,
      'Files can be put below /work and /tmp only.',
    )
  }
}

/**
 * Makes a policy's image for runs without namespaces, or takes it from the cache, and prepares the rest of a
 * run's plan.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE, MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function prepareConfined(options: RunOptions, preparation: ConfinedPreparation) {
  const { directory, by, enforcement } = preparation
  const { policy, command, args, limits } = options
  const image = confinedImage(options, preparation)
  const inRun = (path: string) => (isOwn(path) ? `${directory.path}${path}` : path)
  const env = inDirectory(options.env, inRun)
  const owner = directory.ids && { uid: directory.ids.uid, gid: directory.ids.uid }
  const workdir = options.workdir && copyOf(options.workdir, preparation.listing)
  const files = [...ownFiles(policy.files), ...options.files]
  const requestInPieces = function* (): Work<Assembled> {
    return yield* assembleRequest(
      image.image,
      yield* planConfinedRequest({
        arch: hostMachine().arch,
        as: by.as,
        path: directory.path,
        owner,
        neighbour: directory.ids?.neighbour ?? 0,
        lastCapability: hostMachine().lastCapability,
        workdir,
        readOnly: options.workdir?.mode === 'read-only',
        files,
        rules: mountRules(options.mounts, policy.name, dirname(directory.path)),
        candidates: candidatesFor(inRun(command), env.PATH),
        argv: [command, ...args],
        env,
        cwd: inRun(options.cwd),
        wallTimeMs: limits.wallTimeMs,
        affinity: { processors: preparation.processors, token: ownCallToken },
        resourceLimits: resourceLimits(heldLimits(options, by.as), enforcement),
        moreTasks: by.as === 'root' ? undefined : moreTasks(options, directory.path),
        collect: collectionOf(options),
        filter: image.filter,
        pipes: streamsOf(options, undefined).pipes,
      }),
    )
  }
  const makeRequest = () => finish(requestInPieces())
  const entries = files.length + (workdir?.entries.length ?? 0)
  const { hasUnreadable } = preparation.listing
  // There is no tmpfs, whose files would be memory.
  return {
    image,
    mounts: [],
    suppliedBytes: 0,
    hasUnreadable,
    entries,
    makeRequest,
    requestInPieces,
  }
}

// No file can be larger than all of them together. RLIMIT_NPROC counts a user's tasks: each of root's runs has a user
// of its own, to which the init does not belong. The init of an ordinary user's run counts the user's tasks itself.
function heldLimits({ wantedLimits }: RunOptions, as: ConfinedAs): RunOptions['wantedLimits'] {
  const { processes, ...limits } = wantedLimits
  const { fileSizeBytes = UNLIMITED, diskBytes = UNLIMITED } = limits
  const largest = Math.min(fileSizeBytes, diskBytes)
  const isUnlimited = processes === undefined || processes === UNLIMITED
  const held = isUnlimited ? { processes } : { processes: processes - INIT_PROCESSES }
  return {
    ...limits,
    ...(largest === UNLIMITED ? {} : { fileSizeBytes: largest }),
    ...(as === 'root' || isUnlimited ? held : {}),
  }
}

/** Room for tasks that the test runner and the user's other programs start during a run. */
const OTHER_TASKS = 8

// The user's other runs may grow to their limits meanwhile.
function moreTasks({ wantedLimits }: RunOptions, directory: string): number | undefined {
  const { processes = UNLIMITED } = wantedLimits
  if (processes === UNLIMITED) return undefined
  const runs = readdirSync(dirname(directory)).length
  return runs * processes + OTHER_TASKS
}

// Variables name the run's directories by their names in every sandbox; lists of paths have colons.
function inDirectory(
  env: Readonly<Record<string, string>>,
  inRun: (path: string) => string,
): Readonly<Record<string, string>> {
  const entries = Object.entries({ TMPDIR: '/tmp', ...env })
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value.split(':').map(inRun).join(':')]),
  )
}

/** The host directories that a run lists before it starts. */
export function confinedSources({ workdir }: RunOptions): string[] {
  return workdir === undefined ? [] : [sourceOf(workdir)]
}

function sourceOf(workdir: WorkdirOption): string {
  return explained(workdir, ({ path, followLinks }) => {
    const { path: source, stats } = lookUpHostPath({ path, followLinks })
    checkDirectory(source, stats)
    return source
  })
}

function copyOf(workdir: WorkdirOption, listing: Listing): CopiedDirectory {
  const source = sourceOf(workdir)
  return explained(workdir, () => ({ source, entries: listing.of(source).entries }))
}

function explained<T>(
  { source: path, followLinks }: WorkdirOption,
  look: (option: { readonly path: string; readonly followLinks: boolean }) => T,
): T {
  const option = { path, followLinks }
  try {
    return look(option)
  } catch (cause) {
    if (isSandboxError(cause)) throw cause
    const what = `The working directory ${JSON.stringify(path)}`
    throw directoryError(what, option, cause as NodeJS.ErrnoException)
  }
}

const images = new WeakMap<Policy, Map<string, PolicyImage>>()

function confinedImage(options: RunOptions, preparation: ConfinedPreparation): PolicyImage {
  const { policy } = options
  const { by, directory, filterReport } = preparation
  const { discard } = streamsOf(options, undefined)
  const base = dirname(directory.path)
  const key = [by.as, by.landlockAbi, filterReport, base, discard].join(' ')
  const known = images.get(policy) ?? new Map<string, PolicyImage>()
  images.set(policy, known)
  const made = known.get(key) ?? makeConfinedImage(policy, { by, filterReport, base, discard })
  known.set(key, made)
  return made
}

interface ImageUse extends Pick<ConfinedPreparation, 'by' | 'filterReport'> {
  readonly base: string
  readonly discard: readonly number[]
}

function makeConfinedImage(
  policy: Policy,
  { by, filterReport, base, discard }: ImageUse,
): PolicyImage {
  const { arch } = hostMachine()
  const { as, landlockAbi } = by
  const listener = filterReport === 'listener'
  if (as === 'user' && !listener) {
    throw impossible(
      'tracking the processes of an ordinary user where seccomp has no user notification',
      'An outer sandbox has it. Run the tests as root, where each program is a user of its own.',
    )
  }
  const own = guarded(policy.seccomp ?? noRules, { network: policy.network, arch })
  const seccomp = withRules(own, confinedRules(by), arch)
  const code = compileSeccomp(seccomp, { notify: listener, arch })
  const logs = listener && logsCalls(seccomp)
  const asked = as === 'user' ? askedCalls(landlockAbi) : new Map()
  const log = logs ? withAsked(notifiedMeanings(seccomp, arch), asked, arch) : undefined
  const filter: FilterUse = {
    by: 'target',
    instructions: code.length / 8,
    report: filterReport,
    log: logs
      ? {
          execToken: ownCallToken,
          killsUntold: killsUntold(seccomp, arch),
          records: policy.seccomp !== undefined && logsCalls(policy.seccomp),
        }
      : undefined,
  }
  const segment = planConfinedImage({
    arch,
    as,
    parentPid: process.pid,
    oomScore: spareFromOomKiller(),
    landlockAbi,
    rules: visibleRules(policy, base),
    filter: code,
    listener,
    log,
    discard,
  })
  return {
    image: makeImage(segment, arch),
    filter,
    connects: false,
    sources: [],
    isComplete: false,
    isFiltered: false,
    lastRequest: new LastRequest(),
    late: { mounts: [], files: [] },
  }
}

// Makes the filter continue calls about which the init decides. The filter has only the action `log` for that.
function withAsked(
  meanings: readonly Meaning[],
  asked: ReadonlyMap<string, Meaning['action']>,
  arch: 'x64' | 'arm64',
): readonly Meaning[] {
  const numbers = new Map(
    [...asked].flatMap(([name, action]) => {
      const number = syscallNumber(name, arch)
      return number === undefined ? [] : [[number, action] as const]
    }),
  )
  const at = (number: number) => meanings.findLast(({ from }) => from <= number)?.action ?? 'kill'
  const starts = new Set([
    ...meanings.map(({ from }) => from),
    ...[...numbers.keys()].flatMap((number) => [number, number + 1]),
  ])
  return [...starts]
    .toSorted((a, b) => a - b)
    .map((from) => ({ from, action: numbers.get(from) ?? at(from) }))
    .filter(({ action }, index, all) => index === 0 || all[index - 1]?.action !== action)
}
