import type { Assembled } from '../../launcher/image/assemble.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { LateMount } from '../../launcher/plan/late-mounts.ts'
import { planRequest } from '../../launcher/plan/plan.ts'
import type { TerminalUse } from '../../launcher/plan/terminal-steps.ts'
import type { SandboxFile } from '../../launcher/sandbox-shape.ts'
import { answeredSizes } from '../../limits/answered-sizes.ts'
import { planEnforcement } from '../../limits/enforcement.ts'
import { resourceLimits } from '../../limits/rlimit.ts'
import type { EnforcementByLimit } from '../../limits/table.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { finish, type Work } from '../../work.ts'
import { hostMachine, nextFlow } from '../host-machine.ts'
import { assembleRequest } from '../launch/launch.ts'
import type { PlannedOptions } from '../options/run-options.ts'
import { resolveOwnMounts } from '../workdir/own-mounts.ts'
import { directoriesToList } from '../workdir/resolve.ts'
import { Listing } from '../workdir/scan.ts'
import { type NamespacedImage, policyImage } from './image-cache.ts'
import { lateMounts } from './late.ts'
import { filterReport } from './refusals.ts'
import { candidatesFor, collectionOf, streamsOf } from './request-parts.ts'
import { type PlanUse, type RunPlan, shapeOf } from './run-plan.ts'

/**
 * Makes the plan of a run in namespaces of its own: the policy's image, and this run's additions to the image.
 *
 * @returns undefined when the run was stopped meanwhile
 * @throws {SandboxError} MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID, LIMIT_UNAVAILABLE
 */
export async function prepareNamespaced(
  options: PlannedOptions,
  level: 'full' | 'nested',
  { processors, terminal, isStopped }: PlanUse,
): Promise<RunPlan | undefined> {
  const { policy, limits, workdir, workdirTarget } = options
  const held = planEnforcement(limits, policy.require)
  const flow = nextFlow()
  const image = policyImage(policy, {
    level,
    flow,
    diskBytes: limits.diskBytes,
    processors: processors.length,
    answered: answeredSizes(limits, hostMachine().arch),
    report: filterReport(),
    cgroup: held.delegation?.version === 2,
    workdirTarget,
    adds: addsToRoot(options) || terminal !== undefined,
    ...streamsOf(options, terminal),
  })
  const own = [...image.late.mounts, ...resolveOwnMounts(options.mounts, policy.name)]
  const listing = new Listing(directoriesToList(workdir, own, flow))
  if (!listing.isComplete) await listing.complete(isStopped)
  if (isStopped()) return undefined
  const host = { flow, listing }
  const mounts = image.isComplete ? [] : lateMounts({ workdir, workdirTarget, mounts: own, host })
  const files = [...image.late.files, ...options.files]
  const added = { image, flow, mounts, files, terminal, processors, enforcement: held.enforcement }
  const makeRequest = () => finish(requestOf(options, added))
  return {
    ...image,
    held,
    shape: shapeOf(options, image, held),
    flow,
    mounts,
    suppliedBytes: suppliedBytes(files, mounts),
    hasUnreadable: listing.hasUnreadable,
    entries: mounts.reduce((sum, mount) => sum + entriesOf(mount).length, files.length),
    makeRequest: image.isComplete
      ? () => image.lastRequests.of(askedOf(options, added), makeRequest)
      : makeRequest,
    requestInPieces: () => requestOf(options, added),
  }
}

const addsToRoot = ({ workdir, mounts, files }: PlannedOptions): boolean =>
  workdir !== undefined || mounts.length > 0 || files.length > 0

/** The values of a run's request in addition to its options. */
interface Added {
  readonly image: NamespacedImage
  readonly flow: Flow
  readonly mounts: readonly LateMount[]
  readonly files: readonly SandboxFile[]
  readonly terminal: TerminalUse | undefined
  readonly processors: readonly number[]
  readonly enforcement: EnforcementByLimit
}

// Names each field, because a copy of all options takes longer than the comparison of these fields.
const askedOf = (
  { command, args, env, cwd, collect, wantedLimits }: PlannedOptions,
  { enforcement, processors }: Added,
) => ({ command, args, env, cwd, limits: wantedLimits, collect, enforcement, processors })

function* requestOf(options: PlannedOptions, added: Added): Work<Assembled> {
  const { policy, command, args, env, cwd, limits, wantedLimits } = options
  const { image, flow, mounts, files, terminal, processors, enforcement } = added
  const { arch, remount } = hostMachine()
  const request = yield* planRequest({
    policy,
    arch,
    remount,
    flow,
    mounts,
    files,
    isComplete: image.isComplete,
    connects: image.connects,
    pipes: streamsOf(options, terminal).pipes,
    program: {
      candidates: candidatesFor(command, env.PATH),
      argv: [command, ...args],
      env,
      cwd,
      wallTimeMs: limits.wallTimeMs,
      limits: resourceLimits(wantedLimits, enforcement),
      affinity: { processors, token: ownCallToken, isShown: image.showsProcessors },
      filter: image.isFiltered ? undefined : image.filter,
      terminal,
      collect: collectionOf(options),
    },
  })
  return yield* assembleRequest(image.image, request)
}

/** The files that the request copies for a mount, or whose owner the request changes. */
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
