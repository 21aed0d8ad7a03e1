import {
  AT_FDCWD,
  CLONE_PARENT,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDWR,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_NAME,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  SIGKILL,
} from '../../../linux/constants.ts'
import type { Arch } from '../../machine/machine.ts'
import { RECORD } from '../../report/records.ts'
import {
  at,
  FAIL,
  labelled,
  load,
  type Segment,
  type Step,
  stepsOf,
  text,
  thenGoTo,
} from '../../step.ts'
import {
  type Collection,
  collectAreas,
  collectSteps,
  diagnoseExecSteps,
  execAreas,
} from '../collect-steps.ts'
import { ENTERED, ENTRY, entrySteps } from '../entry-steps.ts'
import { FD, FIRST_UNUSED_FD } from '../fd-numbers.ts'
import { logArea, type Meaning } from '../log.ts'
import { imageAreas, LOCK, loadRequestSteps } from '../plan.ts'
import { failSteps } from '../starter.ts'
import { startSteps, superviseAreas, superviseSteps } from '../supervise.ts'
import {
  type Affinity,
  type FilterUse,
  prepareTargetSteps,
  type ResourceLimit,
  targetArea,
  targetSteps,
} from '../target.ts'
import {
  type CopiedDirectory,
  type DirectoryOptions,
  directoryAreas,
  makeDirectorySteps,
  OWN_DIRECTORIES,
} from './directory-steps.ts'
import {
  childAreas,
  endAsNeighbour,
  endTree,
  openChildrenSteps,
  ownAreas,
  storeOwnIdsSteps,
} from './ending.ts'
import {
  landlockAreas,
  makeRulesetSteps,
  type PathRule,
  pathRuleSteps,
  restrictStep,
} from './landlock.ts'
import { becomePrivateUserSteps, noteSessionSteps, sessionArea } from './private-user.ts'

const init = stepsOf('init')
const starter = stepsOf('starter')

/** Who keeps the processes of a run apart: root by a user for each run, or an ordinary user by a session. */
export type ConfinedAs = 'root' | 'user'

/** What all runs under a policy have in common, without namespaces. */
export interface ConfinedImageOptions {
  readonly arch: Arch
  readonly as: ConfinedAs
  readonly parentPid: number
  readonly landlockAbi: number
  /** What the policy shows. */
  readonly rules: readonly PathRule[]
  readonly filter: Uint8Array
  readonly listener: boolean
  readonly log: readonly Meaning[] | undefined
  /** The standard streams, 1 and 2, that nobody wants. */
  readonly discard: readonly number[]
}

/**
 * The launch program of a run without namespaces: Landlock, a filter, and a user or a session of its own take
 * their place. It has the same processes and the same report as any other; see `planImage()`.
 */
export function planConfinedImage(options: ConfinedImageOptions): Segment {
  const { arch, as, landlockAbi, rules, filter, listener, log, discard } = options
  const ending = as === 'root' ? endAsNeighbour : endTree(arch)
  const supervise = { listener, log, arch, ending }
  return {
    areas: [
      {
        name: 'starter',
        fields: [
          { name: 'tag', size: 8, init: RECORD.started.tag },
          { name: 'init', size: 8 },
        ],
      },
      ...imageAreas(filter),
      ...superviseAreas,
      logArea,
      targetArea,
      ...landlockAreas(landlockAbi),
      ...ownAreas,
      ...childAreas,
      ...directoryAreas,
      sessionArea,
    ],
    steps: [
      ...starterSteps(options),
      ...failSteps,
      ...initSteps(as),
      ...makeRulesetSteps(landlockAbi),
      ...rules.flatMap(pathRuleSteps),
      ...thenGoTo(ENTRY.mounts, loadRequestSteps(init)),
      // A group of its own in the caller's session would be the terminal's to stop.
      init('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], { label: LOCK }),
      ...startSteps(supervise),
      ...thenGoTo(ENTRY.target, prepareTargetSteps({ discard, filter: undefined })),
      ...superviseSteps(supervise),
      init('exit_group', [0], { label: 'init.unused' }),
    ],
  }
}

// The init is the caller's own child, as in every run. It is not tied to the caller by PR_SET_PDEATHSIG:
// no namespace ends with it, so it stays and ends the run when the control pipe says that the caller is gone.
function starterSteps({ arch, parentPid }: ConfinedImageOptions): Step[] {
  return [
    starter('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
    starter('getppid', [], { whenDifferent: { value: parentPid, goto: 'starter.exit' } }),
    starter('prctl', [PR_SET_NAME, text('gradebox'), 0, 0, 0]),
    starter('close_range', [FIRST_UNUSED_FD, 0xffff_ffff, 0], {
      failure: { code: 'UNSUPPORTED_PLATFORM', hint: 'Gradebox needs Linux 5.9 or newer.' },
    }),
    ...[FD.report, FD.control, FD.request, FD.collect, FD.go].map((fd) =>
      starter('fcntl', [fd, F_SETFD, FD_CLOEXEC]),
    ),
    starter('openat', [AT_FDCWD, text('/proc'), O_PATH | O_DIRECTORY[arch] | O_CLOEXEC, 0], {
      whenDifferent: { value: FD.proc, goto: FAIL },
    }),
    starter('clone', [CLONE_PARENT | SIGCHLD, 0, 0, 0, 0], {
      store: 'starter.init',
      whenEqual: { value: 0, goto: 'init' },
    }),
    starter('write', [FD.report, at('starter.tag'), RECORD.started.size]),
    starter('exit_group', [0], { label: 'starter.exit' }),
  ]
}

function initSteps(as: ConfinedAs): Step[] {
  return [
    init('setsid', [], { label: 'init' }),
    init('prctl', [PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0]),
    init('umask', [0]),
    init('openat', [FD.proc, text('self/oom_score_adj'), O_RDWR | O_CLOEXEC, 0], {
      store: 'init.fd',
    }),
    init('dup3', [load('init.fd'), FD.oomScore, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    ...(as === 'user' ? openChildrenSteps() : []),
    // The program may neither trace us nor read our /proc files (ptrace(2)).
    init('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0]),
  ]
}

/** What differs from run to run. */
export interface ConfinedRequestOptions extends DirectoryOptions {
  readonly as: ConfinedAs
  /** The id that ends the run, where the run has one of its own. */
  readonly neighbour: number
  readonly lastCapability: number
  readonly workdir: CopiedDirectory | undefined
  /** Whether the program may only read its copy of the working directory. */
  readonly readOnly: boolean
  /** What the run shows besides what the policy does. */
  readonly rules: readonly PathRule[]
  readonly candidates: readonly string[]
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** As the host has it. */
  readonly cwd: string
  readonly wallTimeMs: number | undefined
  readonly affinity: Affinity
  readonly resourceLimits: readonly ResourceLimit[]
  readonly collect: Collection
  readonly filter: FilterUse
  readonly pipes: readonly number[]
}

/** The name of the note of an ordinary user's run: {@link noteSessionSteps}. */
export const SESSION_NOTE = 'session'

/** The rest of the launch program of a run without namespaces. */
export function planConfinedRequest(options: ConfinedRequestOptions): Segment {
  const { as, path, owner, candidates, cwd, collect, arch } = options
  return {
    areas: [...execAreas(candidates), ...collectAreas(collect)],
    steps: [
      ...entrySteps(false),
      ...labelled(ENTERED.mounts, thenGoTo(LOCK, ownSteps(options))),
      ...labelled(ENTERED.over, diagnoseExecSteps(candidates, { cwd, done: 'collect' })),
      init('chdir', [text(path)], { label: 'collect' }),
      ...collectSteps(collect, arch),
      init('close', [FD.report]),
      init('exit_group', [0]),
      ...targetSteps({
        wallTimeMs: options.wallTimeMs,
        affinity: options.affinity,
        limits: options.resourceLimits,
        candidates,
        argv: options.argv,
        env: options.env,
        cwd,
        filter: options.filter,
        confine: [
          ...(as === 'root' && owner !== undefined
            ? becomePrivateUserSteps(owner, options.lastCapability)
            : noteSessionSteps(`${path}/${SESSION_NOTE}`)),
          restrictStep(),
        ],
      }),
    ],
  }
}

function ownSteps(options: ConfinedRequestOptions): Step[] {
  const { owner, neighbour, path, readOnly, rules, pipes } = options
  return [
    ...(owner === undefined ? [] : storeOwnIdsSteps({ uid: owner.uid, neighbour })),
    ...makeDirectorySteps(options),
    ...OWN_DIRECTORIES.flatMap((name) =>
      pathRuleSteps({
        path: `${path}/${name}`,
        access: readOnly && name === 'work' ? 'read' : 'write',
      }),
    ),
    ...rules.flatMap(pathRuleSteps),
    // Only its owner may open a pipe again, as /dev/stdout (pipe(7)).
    ...(owner === undefined ? [] : pipes.map((fd) => init('fchown', [fd, owner.uid, owner.gid]))),
  ]
}
