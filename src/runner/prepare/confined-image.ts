import { planConfinedImage } from '../../launcher/plan/confined/confined-plan.ts'
import type { FilterUse } from '../../launcher/plan/filter-steps.ts'
import type { Meaning } from '../../launcher/plan/log.ts'
import { spareFromOomKiller } from '../../limits/oom-score.ts'
import { syscallNumber } from '../../linux/syscalls.ts'
import type { Policy } from '../../policy/policy.ts'
import { type AnsweredSizes, answeredCalls } from '../../seccomp/compiler/answered-calls.ts'
import { compileSeccomp, logsCalls } from '../../seccomp/compiler/compile.ts'
import { killsUnreported, notifiedMeanings } from '../../seccomp/compiler/notified.ts'
import { ownCallToken } from '../../seccomp/compiler/own-call-token.ts'
import { guarded, noRules } from '../../seccomp/guard/guard.ts'
import { askedCalls, confinedRules } from '../../seccomp/guard/levels.ts'
import { withRules } from '../../seccomp/guard/with-rules.ts'
import { impossible, showsChangeable, visibleRules } from '../confined/visible-paths.ts'
import { hostMachine } from '../host-machine.ts'
import type { ConfinedBy } from '../isolation/isolation-of.ts'
import { makeImage } from '../launch/launch.ts'
import type { PolicyImage } from './run-plan.ts'

/** The values that, together with a policy, determine an image for runs without namespaces. */
interface ImageUse {
  readonly by: ConfinedBy
  readonly filterReport: 'listener' | 'kill'
  /** The directory that contains the directories of all runs. */
  readonly base: string
  /** The standard streams whose output the caller discards. */
  readonly discard: readonly number[]
  /** Whether the program could change a path of the run's own mounts by a descriptor. */
  readonly mountsChangeable: boolean
  /** The init answers calls with larger sizes than these. */
  readonly answered: AnsweredSizes
}

const images = new WeakMap<Policy, Map<string, PolicyImage>>()

/**
 * A policy's image for runs without namespaces. Calls with equal values of `use` share one image.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE, SECCOMP_UNAVAILABLE, POLICY_INVALID
 */
export function confinedImage(policy: Policy, use: ImageUse): PolicyImage {
  const { by, filterReport, base, discard, mountsChangeable, answered } = use
  const sizes = [answered.mappingBytes, answered.fileBytes]
  const key = [by.as, by.landlockAbi, filterReport, base, discard, mountsChangeable, sizes].join(
    ' ',
  )
  const known = images.get(policy) ?? new Map<string, PolicyImage>()
  images.set(policy, known)
  const made = known.get(key) ?? makeConfinedImage(policy, use)
  known.set(key, made)
  return made
}

function makeConfinedImage(
  policy: Policy,
  { by, filterReport, base, discard, mountsChangeable, answered }: ImageUse,
): PolicyImage {
  const { arch } = hostMachine()
  const { as, landlockAbi } = by
  const listener = filterReport === 'listener'
  if (as === 'user' && !listener) {
    throw impossible(
      'tracking the processes of an ordinary user where seccomp has no user notification',
      'An outer sandbox already uses it. Run the tests as root, where each program is a user of its own.',
    )
  }
  const own = guarded(policy.seccomp ?? noRules, { network: policy.network, arch })
  const rules = visibleRules(policy, base)
  const confinement = { ...by, showsChangeable: mountsChangeable || showsChangeable(rules, as) }
  const seccomp = withRules(own, confinedRules(confinement), arch)
  const code = compileSeccomp(seccomp, { notify: listener, arch, answered })
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
          killsUnreported: killsUnreported(seccomp, arch),
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
    rules,
    filter: code,
    listener,
    answers: answeredCalls(seccomp, arch),
    log,
    discard,
  })
  return { image: makeImage(segment, arch), filter, sources: [] }
}

// Adds the calls that the init decides about. The filter has the action `log` for these calls.
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
