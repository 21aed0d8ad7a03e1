import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSandboxError } from '../../errors/sandbox-error.ts'
import type { Assembled } from '../../launcher/image/assemble.ts'
import { type ConfinedAs, planConfinedRequest } from '../../launcher/plan/confined/confined-plan.ts'
import type { CopiedDirectory } from '../../launcher/plan/confined/directory-steps.ts'
import type { PathRule } from '../../launcher/plan/confined/landlock.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import { answeredSizes } from '../../limits/answered-sizes.ts'
import { planEnforcement } from '../../limits/enforcement.ts'
import { resourceLimits } from '../../limits/rlimit.ts'
import {
  type EnforcementByLimit,
  INIT_PROCESSES,
  type Limits,
  UNLIMITED,
} from '../../limits/table.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { finish, type Work } from '../../work.ts'
import { makeRunDirectory, type RunDirectory } from '../confined/run-directory.ts'
import {
  impossible,
  isOwn,
  mountRules,
  ownFiles,
  showsChangeable,
} from '../confined/visible-paths.ts'
import { hostMachine } from '../host-machine.ts'
import { lookUpHostPath } from '../io/host-file.ts'
import type { ConfinedBy } from '../isolation/isolation-of.ts'
import { assembleRequest } from '../launch/launch.ts'
import type { PlannedOptions } from '../options/run-options.ts'
import type { WorkdirOption } from '../options/sandbox-options.ts'
import { checkDirectory, directoryError } from '../workdir/resolve.ts'
import { Listing } from '../workdir/scan.ts'
import { confinedImage } from './confined-image.ts'
import { filterReport } from './refusals.ts'
import { candidatesFor, collectionOf, streamsOf } from './request-parts.ts'
import { type PlanUse, type PolicyImage, type RunPlan, shapeOf } from './run-plan.ts'

/**
 * Makes the plan of a run without namespaces, and the directory in which the run's program may write.
 *
 * @returns undefined when the run was stopped meanwhile
 * @throws {SandboxError} ISOLATION_UNAVAILABLE, MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export async function prepareConfined(
  options: PlannedOptions,
  by: ConfinedBy,
  { processors, terminal, isStopped, cleanup }: PlanUse,
): Promise<RunPlan | undefined> {
  checkConfined(options, terminal !== undefined)
  const { policy, limits } = options
  const held = planEnforcement(limits, policy.require, true)
  const directory = makeRunDirectory(by.as)
  cleanup.add(() => directory.remove())
  const listing = new Listing(sourcesToList(options))
  if (!listing.isComplete) await listing.complete(isStopped)
  if (isStopped()) return undefined
  const mounted = mountRules(options.mounts, policy.name, dirname(directory.path))
  const image = confinedImage(policy, {
    mountsChangeable: showsChangeable(mounted, by.as),
    by,
    filterReport: filterReport(),
    base: dirname(directory.path),
    discard: streamsOf(options, undefined).discard,
    answered: answeredSizes(
      { ...options.limits, ...largestFile(options.wantedLimits) },
      hostMachine().arch,
    ),
  })
  const workdir = options.workdir && copyOf(options.workdir, listing)
  const { enforcement } = held
  const added = { image, by, directory, mounted, workdir, processors, enforcement }
  return {
    ...image,
    held,
    shape: shapeOf(options, image, held),
    flow: flowOf(directory),
    mounts: [],
    // Without a tmpfs, no files count as memory.
    suppliedBytes: 0,
    hasUnreadable: listing.hasUnreadable,
    entries: filesOf(options).length + (workdir?.entries.length ?? 0),
    makeRequest: () => finish(requestOf(options, added)),
    requestInPieces: () => requestOf(options, added),
    directory,
  }
}

// The request contains the ids. The image does not.
function flowOf({ ids }: RunDirectory): Flow {
  const uid = ids?.uid ?? process.geteuid?.() ?? 0
  return { kind: 'user', uid, gid: ids?.uid ?? process.getegid?.() ?? 0 }
}

const filesOf = ({ policy, files }: PlannedOptions) => [...ownFiles(policy.files), ...files]

/** The values of a run's request in addition to its options. */
interface Added {
  readonly image: PolicyImage
  readonly by: ConfinedBy
  readonly directory: RunDirectory
  /** The rules for the run's own mounts. */
  readonly mounted: readonly PathRule[]
  readonly workdir: CopiedDirectory | undefined
  readonly processors: readonly number[]
  readonly enforcement: EnforcementByLimit
}

function* requestOf(options: PlannedOptions, added: Added): Work<Assembled> {
  const { command, args, limits } = options
  const { image, by, directory, workdir, processors, enforcement } = added
  const { arch, lastCapability } = hostMachine()
  const { path, ids } = directory
  const inRun = (own: string) => (isOwn(own) ? `${path}${own}` : own)
  const env = inDirectory(options.env, inRun)
  const request = yield* planConfinedRequest({
    arch,
    as: by.as,
    path,
    owner: ids && { uid: ids.uid, gid: ids.uid },
    neighbour: ids?.neighbour ?? 0,
    lastCapability,
    workdir,
    readOnly: options.workdir?.mode === 'read-only',
    files: filesOf(options),
    rules: added.mounted,
    moreTasks: by.as === 'root' ? undefined : moreTasks(options, path),
    pipes: streamsOf(options, undefined).pipes,
    program: {
      candidates: candidatesFor(inRun(command), env.PATH),
      argv: [command, ...args],
      env,
      cwd: inRun(options.cwd),
      wallTimeMs: limits.wallTimeMs,
      limits: resourceLimits(heldLimits(options, by.as), enforcement),
      affinity: { processors, token: ownCallToken, isShown: false },
      filter: image.filter,
      collect: collectionOf(options),
    },
  })
  return yield* assembleRequest(image.image, request)
}

/**
 * Refuses a run that needs a feature of namespaces.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE, with the name of that feature
 */
function checkConfined(options: PlannedOptions, hasTerminal: boolean): void {
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

// No single file can be larger than the disk limit for all files.
function largestFile({
  fileSizeBytes = UNLIMITED,
  diskBytes = UNLIMITED,
}: Limits): Pick<Limits, 'fileSizeBytes'> {
  const largest = Math.min(fileSizeBytes, diskBytes)
  return largest === UNLIMITED ? {} : { fileSizeBytes: largest }
}

// RLIMIT_NPROC counts a user's tasks. Each run of root has its own user, and the init is not a task of this user. In a
// run of an ordinary user, the init counts the user's tasks itself.
function heldLimits(
  { wantedLimits }: PlannedOptions,
  as: ConfinedAs,
): PlannedOptions['wantedLimits'] {
  const { processes, ...limits } = wantedLimits
  const isUnlimited = processes === undefined || processes === UNLIMITED
  const held = isUnlimited ? { processes } : { processes: processes - INIT_PROCESSES }
  return {
    ...limits,
    ...largestFile(limits),
    ...(as === 'root' || isUnlimited ? held : {}),
  }
}

/** The number of tasks that the test runner and the user's other programs may start during a run. */
const OTHER_TASKS = 8

// Counts the whole process limit for every run of the user, because each run may reach the limit meanwhile.
function moreTasks({ wantedLimits }: PlannedOptions, directory: string): number | undefined {
  const { processes = UNLIMITED } = wantedLimits
  if (processes === UNLIMITED) return undefined
  const runs = readdirSync(dirname(directory)).length
  return runs * processes + OTHER_TASKS
}

// In environment variables, the run's directories have the same names as in every sandbox, such as /tmp. This function
// replaces these names by the paths on the host. A value may be a list of paths with colons.
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
function sourcesToList({ workdir }: PlannedOptions): string[] {
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
