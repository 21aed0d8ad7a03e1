import {
  CLONE_PARENT,
  O_CLOEXEC,
  O_RDWR,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  SIGCHLD,
  SIGKILL,
} from '../../../linux/constants.ts'
import type { Work } from '../../../work.ts'
import type { Arch } from '../../machine/machine.ts'
import { RECORD } from '../../report/records.ts'
import { at, labelled, load, type Segment, type Step, stepsOf, text, thenGoTo } from '../../step.ts'
import { answerArea } from '../answers.ts'
import { ENTERED, ENTRY, entrySteps } from '../entry-steps.ts'
import { FD } from '../fd-numbers.ts'
import { logArea, type Meaning } from '../log.ts'
import { oomScoreSteps } from '../oom-score-steps.ts'
import { imageAreas, LOCK, loadRequestSteps } from '../plan.ts'
import { type ProgramUse, programAreas, programSteps } from '../program-steps.ts'
import { failSteps, openingSteps } from '../starter.ts'
import { startSteps, superviseAreas, superviseSteps } from '../supervise.ts'
import { prepareTargetSteps, targetArea } from '../target.ts'
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
import {
  allowedChildStep,
  countUserTasksSteps,
  limitUserTasksSteps,
  userTaskAreas,
} from './user-tasks.ts'

const init = stepsOf('init')
const starter = stepsOf('starter')

/**
 * How Gradebox separates the processes of a run: root uses a private user for each run, and an ordinary user uses a
 * session.
 */
export type ConfinedAs = 'root' | 'user'

/** The options that all runs without namespaces share under one policy. */
export interface ConfinedImageOptions {
  readonly arch: Arch
  readonly as: ConfinedAs
  readonly parentPid: number
  /** The score that the kernel's OOM killer gives the sandbox. */
  readonly oomScore: number
  readonly landlockAbi: number
  /** The paths that the policy shows. */
  readonly rules: readonly PathRule[]
  readonly filter: Uint8Array
  readonly listener: boolean
  /** The numbers of the calls that the filter reports and the init answers: see `answers.ts`. */
  readonly answers?: readonly number[] | undefined
  readonly log: readonly Meaning[] | undefined
  /** The standard streams, 1 and 2, whose output the caller discards. */
  readonly discard: readonly number[]
}

/**
 * The launch program of a run without namespaces. Landlock, a filter, and a private user or session replace
 * the namespaces. The processes and the report are the same as those of `planImage()`.
 */
export function planConfinedImage(options: ConfinedImageOptions): Segment {
  const { arch, as, landlockAbi, rules, filter, listener, answers, log, discard } = options
  const ending = as === 'root' ? endAsNeighbour : endTree(arch)
  const supervise = { listener, answers, log, arch, ending }
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
      answerArea,
      targetArea,
      ...landlockAreas(landlockAbi),
      ...ownAreas,
      ...childAreas,
      ...userTaskAreas,
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
      init('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0], { label: LOCK }),
      ...(as === 'user' ? countUserTasksSteps() : []),
      ...startSteps(supervise),
      ...thenGoTo(ENTRY.target, prepareTargetSteps({ discard, filter: undefined })),
      ...superviseSteps(supervise),
      init('exit_group', [0], { label: 'init.unused' }),
      allowedChildStep(),
    ],
  }
}

// The init is the caller's own child, as in every run. The init has no PR_SET_PDEATHSIG, because its death would
// end no namespace. When the caller ends, the control pipe closes, and the init ends the run.
function starterSteps({ arch, parentPid, oomScore }: ConfinedImageOptions): Step[] {
  return [
    starter('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
    starter('getppid', [], { whenDifferent: { value: parentPid, goto: 'starter.exit' } }),
    ...openingSteps(arch),
    ...oomScoreSteps(oomScore),
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
    // The terminal could stop a process group in the caller's session, so the init makes its own session.
    init('setsid', [], { label: 'init' }),
    init('prctl', [PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0]),
    init('umask', [0]),
    init('openat', [FD.proc, text('self/oom_score_adj'), O_RDWR | O_CLOEXEC, 0], {
      store: 'init.fd',
    }),
    init('dup3', [load('init.fd'), FD.oomScore, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    ...(as === 'user' ? openChildrenSteps() : []),
    // The program can then neither trace the init nor read its /proc files (ptrace(2)).
    init('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0]),
  ]
}

/** The values that differ from run to run. */
export interface ConfinedRequestOptions extends DirectoryOptions {
  readonly as: ConfinedAs
  /** The second user id that the init takes to end a run with a private user: see `endAsNeighbour`. */
  readonly neighbour: number
  readonly lastCapability: number
  readonly workdir: CopiedDirectory | undefined
  /** Whether the program may only read its copy of the working directory. */
  readonly readOnly: boolean
  /** The paths that the run shows in addition to the policy's. */
  readonly rules: readonly PathRule[]
  /**
   * Set only when the run has no user of its own: the number of additional tasks that the ordinary user may have.
   * Undefined without a limit.
   */
  readonly moreTasks: number | undefined
  readonly pipes: readonly number[]
  /** The program; its directory is a path on the host. */
  readonly program: Omit<ProgramUse, 'terminal' | 'confine'>
}

/** The name of the file in which an ordinary user's target notes its session: {@link noteSessionSteps}. */
export const SESSION_NOTE = 'session'

/** The rest of the launch program of a run without namespaces. */
export function* planConfinedRequest(options: ConfinedRequestOptions): Work<Segment> {
  const { path, arch } = options
  const program = { ...options.program, confine: confineSteps(options) }
  return {
    areas: programAreas(program),
    steps: [
      ...entrySteps(false),
      ...labelled(ENTERED.mounts, thenGoTo(LOCK, yield* ownSteps(options))),
      ...programSteps(program, path, arch),
    ],
  }
}

// The target's steps before its filter.
function confineSteps({ as, owner, path, moreTasks, lastCapability }: ConfinedRequestOptions) {
  return [
    ...(moreTasks === undefined ? [] : limitUserTasksSteps(moreTasks)),
    ...(as === 'root' && owner !== undefined
      ? becomePrivateUserSteps(owner, lastCapability)
      : noteSessionSteps(`${path}/${SESSION_NOTE}`)),
    restrictStep(),
  ]
}

function* ownSteps(options: ConfinedRequestOptions): Work<Step[]> {
  const { owner, neighbour, path, readOnly, rules, pipes } = options
  return [
    ...(owner === undefined ? [] : storeOwnIdsSteps({ uid: owner.uid, neighbour })),
    ...(yield* makeDirectorySteps(options)),
    ...OWN_DIRECTORIES.flatMap((name) =>
      pathRuleSteps({
        path: `${path}/${name}`,
        access: readOnly && name === 'work' ? 'read' : 'write',
      }),
    ),
    ...rules.flatMap(pathRuleSteps),
    // A program opens its pipe again by /dev/stdout, and only the pipe's owner may do so (pipe(7)).
    ...(owner === undefined ? [] : pipes.map((fd) => init('fchown', [fd, owner.uid, owner.gid]))),
  ]
}
