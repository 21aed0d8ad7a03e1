import {
  CLONE_NEWUSER,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_RDWR,
  O_WRONLY,
  PR_CAPBSET_DROP,
  PR_SET_DUMPABLE,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  SECBIT_ALL_LOCKED,
  SIGKILL,
} from '../../linux/constants.ts'
import {
  type Area,
  type Argument,
  at,
  type LauncherProcess,
  load,
  type Step,
  type StepFailure,
  stepsOf,
  text,
  words,
} from '../step.ts'
import { FD } from './fd-numbers.ts'

const init = stepsOf('init')
const userNamespaces: StepFailure = { code: 'NAMESPACES_UNAVAILABLE' }

/** Ids: numbers, or {@link OWN_IDS}. */
export interface IdArguments {
  readonly uid: Argument
  readonly gid: Argument
}

/** The ids that the program sees, and its ids on the host. */
export interface IdMap {
  readonly inside: { readonly uid: number; readonly gid: number }
  readonly outside: IdArguments
}

/** The outer ids of an image for root. Each launch program gets its own ids at its start. */
export const OWN_IDS: IdArguments = { uid: load('ids.uid'), gid: load('ids.gid') }

/** The number of digits of the largest id. Both ids in the text of a map have this width. */
const DIGITS = 10
const padded = (id: number): string => `${id}`.padStart(DIGITS, '0')

/** The memory of {@link OWN_IDS}, and of the maps that contain these ids. */
export function ownIdAreas(inside: IdMap['inside']): Area[] {
  const map = (id: number) => Buffer.from(`${padded(id)} ${padded(0)} 1`)
  const fields = (['uid', 'gid'] as const).flatMap((name) => {
    const text = map(inside[name])
    return [
      { name, size: 8 },
      { name: `${name}Map`, size: text.length, init: text },
    ]
  })
  return [{ name: 'ids', fields }]
}

/** The values that a launch program gets in {@link ownIdAreas}. */
export const ownIdValues = ({ uid, gid }: { uid: number; gid: number }) =>
  [
    { place: 'ids.uid', offset: 0, bytes: numberBytes(uid) },
    { place: 'ids.uidMap', offset: DIGITS + 1, bytes: Buffer.from(padded(uid)) },
    { place: 'ids.gid', offset: 0, bytes: numberBytes(gid) },
    { place: 'ids.gidMap', offset: DIGITS + 1, bytes: Buffer.from(padded(gid)) },
  ] as const

const numberBytes = (id: number): Uint8Array => new Uint8Array(new Uint32Array([id]).buffer)

// A line of a map has the first id inside, the first id outside, and the number of ids (user_namespaces(7)).
function mapText(inside: number, outside: Argument): Contents {
  if (typeof outside !== 'object') return literal(`${inside} ${outside} 1`)
  if (outside.kind !== 'load') throw new Error('An id is a number or at a place')
  return {
    contents: at(`${outside.place}Map`),
    length: 2 * DIGITS + 3,
    shown: `${inside} (its own) 1`,
  }
}

/** The contents for a file of /proc. */
interface Contents {
  readonly contents: Argument
  readonly length: number
  /** The contents as text for a person. */
  readonly shown: string
}

const literal = (line: string): Contents => ({
  contents: text(line),
  length: line.length,
  shown: line,
})

/** Steps that give a process's new user namespace its one user and one group (user_namespaces(7)). */
function mapIdsSteps({ inside, outside }: IdMap, by: LauncherProcess): Step[] {
  return [
    // An ordinary user may write a group map only after denying setgroups(2) for ever.
    ...writeProcSteps('self/setgroups', literal('deny'), by),
    ...writeProcSteps('self/uid_map', mapText(inside.uid, outside.uid), by),
    ...writeProcSteps('self/gid_map', mapText(inside.gid, outside.gid), by),
  ]
}

function writeProcSteps(
  path: string,
  { contents, length, shown }: Contents,
  by: LauncherProcess,
): Step[] {
  const step = stepsOf(by)
  const failure = userNamespaces
  return [
    step('openat', [FD.proc, text(path), O_WRONLY | O_CLOEXEC, 0], { store: 'init.fd', failure }),
    step('write', [load('init.fd'), contents, length], {
      failure,
      shown: `${JSON.stringify(`/proc/${path}`)}, ${JSON.stringify(shown)}`,
    }),
    step('close', [load('init.fd')]),
  ]
}

/** The ids of the owner of the sandbox's namespaces. Only the owner may write the IPC limits. */
export const NAMESPACE_ROOT = { uid: 0, gid: 0 }

/**
 * Steps by which an ordinary user's starter enters a user namespace. In this namespace, the starter may make the other
 * namespaces. The starter owns the user namespace, so the starter stays dumpable and keeps PR_SET_PDEATHSIG
 * (kernel/cred.c, commit_creds).
 */
export function enterUserNamespaceSteps(user: IdArguments): Step[] {
  return [
    stepsOf('starter')('unshare', [CLONE_NEWUSER], { failure: userNamespaces }),
    ...mapIdsSteps({ inside: NAMESPACE_ROOT, outside: user }, 'starter'),
  ]
}

/**
 * Steps by which the init of an ordinary user enters the program's user namespace. This namespace owns no other
 * namespace, so the program has no power over the mounts, the network and the limits that the init made.
 */
export function enterInnerUserNamespaceSteps(inside: IdMap['inside']): Step[] {
  return [
    init('unshare', [CLONE_NEWUSER], { failure: userNamespaces }),
    ...mapIdsSteps({ inside, outside: NAMESPACE_ROOT }, 'init'),
  ]
}

/**
 * Steps by which a root process becomes another user and then makes a user namespace as that user. This
 * namespace gives no power over the namespaces that root made.
 */
export function becomeUserSteps({ inside, outside }: IdMap, by: LauncherProcess): Step[] {
  const step = stepsOf(by)
  const { uid, gid } = outside
  return [
    step('setgroups', [0, 0]),
    step('setresgid', [gid, gid, gid]),
    step('setresuid', [uid, uid, uid]),
    // A change of uid makes the process undumpable, and /proc/self then belongs to root (proc(5)).
    step('prctl', [PR_SET_DUMPABLE, 1, 0, 0, 0]),
    step('unshare', [CLONE_NEWUSER], { failure: userNamespaces }),
    ...mapIdsSteps({ inside, outside }, by),
  ]
}

/**
 * Steps by which the init changes from real root to an unprivileged user. The program is therefore never root for the
 * kernel.
 */
export function dropRootSteps(ids: IdMap): Step[] {
  return [
    ...becomeUserSteps(ids, 'init'),
    // The change of uid cleared PDEATHSIG.
    init('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
  ]
}

/**
 * Steps after which neither the init nor the program can gain a privilege again. Both can make no further user
 * namespace. Both have no capability, even as uid 0 inside, and gain no capability through execve(2).
 *
 * @param lastCapability the kernel's highest capability, from /proc/sys/kernel/cap_last_cap
 * @param hasSettings whether the init can write /proc/sys; otherwise the filter refuses user namespaces
 */
export function dropPrivilegesSteps(lastCapability: number, hasSettings: boolean): Step[] {
  return [
    ...(hasSettings ? settingsSteps() : []),
    // The init opens the file now, because an undumpable process does not own its /proc files.
    init('openat', [FD.proc, text('self/oom_score_adj'), O_RDWR | O_CLOEXEC, 0], {
      store: 'init.fd',
    }),
    init('dup3', [load('init.fd'), FD.oomScore, O_CLOEXEC]),
    init('close', [load('init.fd')]),
    init('prctl', [PR_SET_SECUREBITS, SECBIT_ALL_LOCKED, 0, 0, 0]),
    ...Array.from({ length: lastCapability + 1 }, (_, capability) =>
      init('prctl', [PR_CAPBSET_DROP, capability, 0, 0, 0]),
    ),
    // struct __user_cap_header_struct (version, pid 0), then two empty sets of capabilities (capset(2)).
    init('capset', [words(LINUX_CAPABILITY_VERSION_3), words(0, 0, 0)]),
    init('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]),
    // From here on the program can neither trace the init nor read the init's /proc files (ptrace(2)).
    init('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0]),
  ]
}

const settingsSteps = (): Step[] => [
  // Forbids new user namespaces (user_namespaces(7)), because the program would be root in a namespace of its own.
  ...writeProcSteps('sys/user/max_user_namespaces', literal('0'), 'init'),
  // All sandboxes of a user share a small number of these resources, so each program may use only a few.
  ...writeProcSteps('sys/user/max_inotify_instances', literal('8'), 'init'),
  ...writeProcSteps('sys/user/max_inotify_watches', literal('4096'), 'init'),
]
