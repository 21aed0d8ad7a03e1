import { FILTERED_CALLS, type FilterUse } from '../../launcher/plan/filter-steps.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import {
  byDepth,
  type EarlyMount,
  type HostPath,
  isInsideMount,
  maskedPaths,
} from '../../launcher/plan/host.ts'
import { planImage } from '../../launcher/plan/plan.ts'
import { boundSources } from '../../launcher/plan/root.ts'
import type { SandboxFile } from '../../launcher/sandbox-shape.ts'
import { spareFromOomKiller } from '../../limits/oom-score.ts'
import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM } from '../../linux/constants.ts'
import type { Policy } from '../../policy/policy.ts'
import { type AnsweredSizes, answeredCalls } from '../../seccomp/compiler/answered-calls.ts'
import { compileSeccomp, logsCalls } from '../../seccomp/compiler/compile.ts'
import { letsPass, mayPass } from '../../seccomp/compiler/evaluate.ts'
import { killsUnreported, notifiedMeanings } from '../../seccomp/compiler/notified.ts'
import { countCallToken, ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { guarded, noRules } from '../../seccomp/guard/guard.ts'
import { guardFilter } from '../../seccomp/guard/guard-filter.ts'
import { withoutUserNamespaces } from '../../seccomp/guard/levels.ts'
import { withRules } from '../../seccomp/guard/with-rules.ts'
import type { SeccompPolicy } from '../../seccomp/seccomp-policy.ts'
import { hostMachine } from '../host-machine.ts'
import { makeImage } from '../launch/launch.ts'
import { resolvePolicyMounts } from '../workdir/own-mounts.ts'
import { LastRequests } from './last-requests.ts'
import { processorView } from './processor-view.ts'
import type { PolicyImage } from './run-plan.ts'

/** A policy's image, and the parts of the policy that each run adds to it. */
export interface NamespacedImage extends PolicyImage {
  /** Whether the filter may let the program have TCP sockets. */
  readonly connects: boolean
  /** Whether the image builds the whole root. */
  readonly isComplete: boolean
  /** Whether the launch program installs the program's filter before the request arrives. */
  readonly isFiltered: boolean
  /** Whether the image has a list of processors, which each request writes. */
  readonly showsProcessors: boolean
  readonly lastRequests: LastRequests
  /**
   * The parts that the request adds: the policy's overlays, and the policy's mounts and files inside the working
   * directory or inside other mounts.
   */
  readonly late: { readonly mounts: readonly HostPath[]; readonly files: readonly SandboxFile[] }
}

const TCP_SOCKETS = [AF_INET, AF_INET6].map((first) => ({
  syscall: 'socket',
  first,
  second: SOCK_STREAM,
}))

/** NPROTO of linux/net.h, rounded up. No socket has a family with this number or a higher number. */
const FAMILIES = 64
/** Calls that make sockets other than local sockets. */
const OTHER_SOCKETS = ['socket', 'socketpair'].flatMap((syscall) =>
  Array.from({ length: FAMILIES }, (_, first) => ({ syscall, first, isFirstInt: true })).filter(
    ({ first }) => first !== AF_UNIX,
  ),
)

const images = new WeakMap<Policy, Map<string, NamespacedImage>>()

/**
 * The image of a policy. Calls with equal values of `use` share one image, which the first call makes from the current
 * state of the host. If a mount source is replaced later, a run sees the new source. If a missing source appears later,
 * a run does not see that source.
 *
 * @throws {SandboxError} MOUNT_FAILED, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function policyImage(
  policy: Policy,
  use: {
    readonly level: 'full' | 'nested'
    readonly flow: Flow
    readonly diskBytes: number | undefined
    /** The number of processors that the program may use. */
    readonly processors: number
    /** The init answers calls with larger sizes than these. */
    readonly answered: AnsweredSizes
    readonly report: 'listener' | 'kill'
    /** Whether the run has a control group. */
    readonly cgroup: boolean
    /** The path of the run's working directory. */
    readonly workdirTarget: string
    /** Whether the run adds anything to the root. */
    readonly adds: boolean
    /** The standard streams that are pipes. */
    readonly pipes: readonly number[]
    /** The standard streams whose output the caller discards. */
    readonly discard: readonly number[]
  },
): NamespacedImage {
  // The image contains an ordinary user's ids. The image does not contain ids that root gives to a run, because those
  // ids differ from run to run.
  const { kind, uid, gid } = use.flow
  const fromRoot = use.flow.kind === 'user' && use.flow.fromRoot === true
  const who = kind === 'root' ? kind : fromRoot ? 'from root' : `${uid}:${gid}`
  const { diskBytes, processors, answered, report, cgroup, workdirTarget, adds, discard } = use
  const pipes = adds ? 'adds' : use.pipes
  const sizes = [answered.mappingBytes, answered.fileBytes]
  const key = [
    use.level,
    who,
    diskBytes,
    processors,
    sizes,
    report,
    cgroup,
    workdirTarget,
    pipes,
    discard,
  ].join(' ')
  const known = images.get(policy) ?? new Map<string, NamespacedImage>()
  images.set(policy, known)
  const made = known.get(key) ?? makePolicyImage(policy, use)
  known.set(key, made)
  return made
}

const guardedBy = {
  full: new WeakMap<Policy, SeccompPolicy>(),
  answering: new WeakMap<Policy, SeccompPolicy>(),
  nested: new WeakMap<Policy, SeccompPolicy>(),
}

// Returns the same object for equal arguments, because Gradebox compiles a filter once for each object.
function guardedSeccomp(policy: Policy, level: keyof typeof guardedBy): SeccompPolicy | undefined {
  const { seccomp, network } = policy
  const { arch } = hostMachine()
  const guardedOnes = guardedBy[level]
  const known = guardedOnes.get(policy)
  if (known !== undefined) return known
  // At the level `full`, a policy without a filter gets the guard's own filter (see guardFilter).
  const own = level === 'full' ? seccomp : (seccomp ?? noRules)
  const whole = own && guarded(own, { network, arch })
  const made =
    whole === undefined || level !== 'nested'
      ? whole
      : withRules(whole, withoutUserNamespaces, arch)
  if (made !== undefined) guardedOnes.set(policy, made)
  return made
}

function makePolicyImage(policy: Policy, use: Parameters<typeof policyImage>[1]): NamespacedImage {
  const { level, flow, diskBytes, answered, report, cgroup, workdirTarget, adds, pipes, discard } =
    use
  const { arch, remount, lastCapability } = hostMachine()
  // A limit on the size of a file needs the filter's notifications for memory files (see answers.ts).
  const answers = level === 'full' && report === 'listener' && answered.fileBytes !== undefined
  const seccomp = guardedSeccomp(policy, answers ? 'answering' : level)
  const code =
    seccomp === undefined
      ? guardFilter(arch, policy.network)
      : compileSeccomp(seccomp, { notify: report === 'listener', arch, answered })
  const mounts = resolvePolicyMounts(policy.mounts, policy.name)
  const isInside = (target: string) => isInsideMount(target, mounts, workdirTarget)
  // A file at the target of a mount is late too. If the image wrote this file early, the write would change the host's
  // own file.
  const isLateFile = (file: SandboxFile) =>
    isInside(file.target) || mounts.some(({ target }) => target === file.target)
  const isEarly = (mount: HostPath): mount is EarlyMount =>
    mount.type !== 'copy-on-write' && !isInside(mount.target)
  const late = mounts.filter((mount) => !isEarly(mount)).toSorted(byDepth)
  const logs = report === 'listener' && seccomp !== undefined && logsCalls(seccomp)
  const logging = logs ? seccomp : undefined
  const log = logging && {
    execToken: ownCallToken,
    killsUnreported: killsUnreported(logging, arch),
    records: true,
  }
  // The kernel reports a logged call again after a signal interrupted the call. So with logged calls, the number of
  // notifications is not the number of denied calls.
  const counts = seccomp !== undefined && report === 'listener' && !logs
  const paths = mounts.filter(isEarly)
  const files = policy.files.filter(isLateFile)
  // struct sock_filter is 8 bytes.
  const filter: FilterUse = {
    instructions: code.length / 8,
    report: seccomp === undefined ? 'none' : report,
    by: counts ? 'init' : 'target',
    log,
  }
  const isComplete = !adds && late.length === 0 && files.length === 0
  const isFiltered = isComplete && log === undefined && letsPass(code, arch, FILTERED_CALLS)
  const connects = TCP_SOCKETS.some((call) => mayPass(code, arch, call))
  const onlyLocal = !OTHER_SOCKETS.some((call) => mayPass(code, arch, call))
  const workdir = { type: 'empty', target: workdirTarget } as const
  const processors = processorView(policy, use.processors)
  const segment = planImage({
    policy,
    arch,
    flow,
    parentPid: process.pid,
    oomScore: spareFromOomKiller(),
    paths,
    remount,
    files: policy.files.filter((file) => !isLateFile(file)),
    diskBytes,
    processors,
    masked: policy.proc === 'full' ? maskedPaths() : [],
    sharesProc: level !== 'full',
    filter: code,
    listener: seccomp !== undefined && report === 'listener',
    answers: seccomp && answeredCalls(seccomp, arch),
    log: logging && notifiedMeanings(logging, arch),
    count: counts ? { instructions: filter.instructions, token: countCallToken } : undefined,
    connects,
    onlyLocal,
    lastCapability,
    cgroup,
    discard,
    complete: isComplete ? { workdir, pipes, filter: isFiltered ? filter : undefined } : undefined,
  })
  return {
    image: makeImage(segment, arch),
    filter,
    connects,
    sources: boundSources(paths),
    isComplete,
    isFiltered,
    showsProcessors: processors.sys,
    lastRequests: new LastRequests(),
    late: { mounts: late, files },
  }
}
