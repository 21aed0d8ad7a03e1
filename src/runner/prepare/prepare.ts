import type { Assembled } from '../../launcher/image/assemble.ts'
import type { Collection } from '../../launcher/plan/collect-steps.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import { planRequest, stepsInOrder } from '../../launcher/plan/plan.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { SandboxFile } from '../../launcher/sandbox-shape.ts'
import type { Step } from '../../launcher/step.ts'
import { planEnforcement } from '../../limits/enforcement.ts'
import { resourceLimits } from '../../limits/rlimit.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { finish, type Work } from '../../work.ts'
import { collectionBy, parseCollectName } from '../collect/collect-pattern.ts'
import { hostMachine, nextFlow } from '../host-machine.ts'
import type { IsolationLevel } from '../isolation/level.ts'
import { assembleRequest } from '../launch/launch.ts'
import type { RunOptions } from '../options/normalize.ts'
import { leastUsedProcessors } from '../queue/processors.ts'
import { resolveOwnMounts } from '../workdir/own-mounts.ts'
import { directoriesToList } from '../workdir/resolve.ts'
import { Listing } from '../workdir/scan.ts'
import { candidatesFor } from './candidates.ts'
import { type PolicyImage, policyImage } from './image-cache.ts'
import { lateMounts } from './late.ts'

/** A pseudo-terminal for a run, and the socket through which this process receives its master. */
export interface RunTerminal extends TerminalUse {
  readonly socket: number
}

/** The decisions of this machine and this attempt about what the options leave open. */
export interface Preparation {
  readonly level: IsolationLevel
  readonly flow: Flow
  readonly filterReport: 'listener' | 'kill'
  readonly enforcement: EnforcementByLimit
  /** The processors of the run's turn. */
  readonly processors: readonly number[]
  /** Whether the run has a control group. */
  readonly cgroup: boolean
  readonly terminal: TerminalUse | undefined
  /** The listed host directories; others are listed when needed. */
  readonly listing?: Listing
}

/** A run that has only to be started. */
export interface PreparedRun {
  readonly image: PolicyImage
  /** The mounts for this run only. */
  readonly mounts: readonly LateMount[]
  /** The size of the caller's files in its tmpfs. */
  readonly suppliedBytes: number
  /** Whether the program gets a file that it may execute but not read. */
  readonly hasUnreadable: boolean
  /** The number of files and directories for which the request has steps of their own. */
  readonly entries: number
  /** Makes the run's request, which completes the image. */
  readonly makeRequest: () => Assembled
  /** Does the same with pauses. */
  readonly requestInPieces: () => Work<Assembled>
}

/**
 * Makes a run's image, or takes the policy's.
 *
 * @throws {SandboxError} MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function imageOf(
  options: RunOptions,
  { level, flow, filterReport, cgroup, terminal }: Omit<Preparation, 'enforcement' | 'processors'>,
): PolicyImage {
  const { policy, limits, workdirTarget, workdir, mounts, files } = options
  const adds = workdir !== undefined || mounts.length > 0 || files.length > 0
  return policyImage(policy, {
    level,
    flow,
    diskBytes: limits.diskBytes,
    report: filterReport,
    cgroup,
    workdirTarget,
    adds: adds || terminal !== undefined,
    ...streamsOf(options, terminal),
  })
}

/** Starts to list the host directories of a run. */
export function listDirectories(options: RunOptions, { late }: PolicyImage, flow: Flow): Listing {
  const own = resolveOwnMounts(options.mounts, options.policy.name)
  return new Listing(directoriesToList(options.workdir, [...late.mounts, ...own], flow))
}

/**
 * Makes a run's image, or takes the policy's, and prepares the rest of its plan. Starts nothing.
 *
 * @throws {SandboxError} MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function prepareRun(
  options: RunOptions,
  preparation: Preparation,
  image: PolicyImage = imageOf(options, preparation),
): PreparedRun {
  const { flow, terminal, enforcement, processors } = preparation
  const { policy, command, args, env, cwd, limits, wantedLimits } = options
  const { filter, connects, late, isComplete, isFiltered } = image
  const own = resolveOwnMounts(options.mounts, policy.name)
  const all = [...late.mounts, ...own]
  const listing = preparation.listing ?? new Listing([])
  const mounts = isComplete ? [] : lateMounts({ ...options, mounts: all, host: { flow, listing } })
  const files = [...late.files, ...options.files]
  const requestInPieces = function* (): Work<Assembled> {
    const { arch, remount } = hostMachine()
    return yield* assembleRequest(
      image.image,
      yield* planRequest({
        policy,
        arch,
        remount,
        flow,
        mounts,
        files,
        isComplete,
        connects,
        pipes: streamsOf(options, terminal).pipes,
        candidates: candidatesOf(options),
        argv: [command, ...args],
        env,
        cwd,
        wallTimeMs: limits.wallTimeMs,
        resourceLimits: resourceLimits(wantedLimits, enforcement),
        affinity: { processors, token: ownCallToken },
        filter: isFiltered ? undefined : filter,
        terminal,
        collect: collectionOf(options),
      }),
    )
  }
  const makeRequest = () => finish(requestInPieces())
  const { lastRequest } = image
  const asked = {
    command,
    args,
    env,
    cwd,
    limits: wantedLimits,
    collect: options.collect,
    enforcement,
    processors,
  }
  return {
    image,
    mounts,
    suppliedBytes: suppliedBytes(files, mounts),
    hasUnreadable: listing.hasUnreadable,
    entries: mounts.reduce((sum, mount) => sum + entriesOf(mount).length, files.length),
    makeRequest: isComplete ? () => lastRequest.of(asked, makeRequest) : makeRequest,
    requestInPieces,
  }
}

/**
 * Every step of a run, in order, without starting it.
 *
 * @throws {SandboxError} as a run would before it starts
 */
export function planRun(options: RunOptions, terminal?: TerminalUse): readonly Step[] {
  const { enforcement, delegation } = planEnforcement(options.limits, options.policy.require)
  const run = prepareRun(options, {
    level: 'full',
    flow: nextFlow(),
    filterReport: 'listener',
    enforcement,
    processors: leastUsedProcessors().slice(0, options.processors),
    cgroup: delegation !== undefined,
    terminal,
  })
  return stepsInOrder(run.image.image.assembled, run.makeRequest())
}

/** The paths that are tried in turn for a run's command. */
export const candidatesOf = ({ command, env }: RunOptions): string[] =>
  candidatesFor(command, env.PATH)

/** What the init brings out: the files, or for a pattern its directory, through which Node walks. */
export function collectionOf({ collect, cwd }: Pick<RunOptions, 'collect' | 'cwd'>): Collection {
  const bases = collect.map((name) => parseCollectName(name).base)
  return {
    paths: bases.map((base) => (base.startsWith('/') ? base : `${cwd}/${base}`)),
    by: collectionBy(collect),
  }
}

/** The standard streams that are Gradebox's pipes, and the discarded ones. */
export function streamsOf(
  { stdin, stdout, stderr }: RunOptions,
  terminal: TerminalUse | undefined,
) {
  const modes = [stdin.kind === 'inherit' ? 'inherit' : 'pipe', stdout, stderr]
  const numbers = (mode: string) => modes.flatMap((each, fd) => (each === mode ? [fd] : []))
  // The terminal is one file for all its streams.
  const pipes = terminal === undefined ? numbers('pipe') : [0]
  return { pipes, discard: numbers('ignore') }
}

/** The files of a mount that the request copies, or whose owner it changes. */
function entriesOf(mount: LateMount) {
  if (mount.type === 'copy') return mount.entries
  return mount.type === 'overlay' ? mount.chown : []
}

/** The unit in which a tmpfs allocates memory. */
const BLOCK = 4096
const inBlocks = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK

function suppliedBytes(files: readonly SandboxFile[], mounts: readonly LateMount[]): number {
  const written = files.map(({ contents }) => Buffer.byteLength(contents))
  const copied = mounts.flatMap((mount) =>
    mount.type === 'copy' ? mount.entries.map(({ sizeBytes }) => sizeBytes) : [],
  )
  return [...written, ...copied].reduce((sum, bytes) => sum + inBlocks(bytes), 0)
}
