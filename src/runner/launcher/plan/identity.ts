import {
  CLONE_NEWUSER,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_WRONLY,
  PR_CAPBSET_DROP,
  PR_SET_DUMPABLE,
  PR_SET_NO_NEW_PRIVS,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  SECBIT_ALL_LOCKED,
  SIGKILL,
} from '../../../ffi/constants.ts'
import { load, type Step, type StepFailure, stepsOf, text, words } from '../step.ts'
import { FD } from './descriptors.ts'
import type { Flow } from './flow.ts'

const init = stepsOf('init')
const userNamespaces: StepFailure = { code: 'NAMESPACES_UNAVAILABLE' }

/** Who the program sees itself as, and who that is outside. */
export interface IdMap {
  readonly inside: { readonly uid: number; readonly gid: number }
  readonly outside: { readonly uid: number; readonly gid: number }
}

/** Steps that give the init's new user namespace its one user and one group (user_namespaces(7)). */
export function mapIdsSteps({ inside, outside }: IdMap): Step[] {
  return [
    // An ordinary user may write a group map only where setgroups(2) is denied for ever.
    ...writeProcSteps('self/setgroups', 'deny', userNamespaces),
    ...writeProcSteps('self/uid_map', `${inside.uid} ${outside.uid} 1`, userNamespaces),
    ...writeProcSteps('self/gid_map', `${inside.gid} ${outside.gid} 1`, userNamespaces),
  ]
}

function writeProcSteps(path: string, contents: string, failure: StepFailure): Step[] {
  return [
    init('openat', [FD.proc, text(path), O_WRONLY | O_CLOEXEC, 0], { store: 'init.fd', failure }),
    init('write', [load('init.fd'), text(contents), contents.length], { failure }),
    init('close', [load('init.fd')]),
  ]
}

/**
 * Steps with which the init, real root so far, becomes unprivileged and then makes the user namespace:
 * the program is never root to the kernel, and its namespace has no power over the mounts.
 */
export function dropRootSteps(flow: Flow & { kind: 'root' }, inside: IdMap['inside']): Step[] {
  const { uid, gid } = flow
  return [
    init('setgroups', [0, 0]),
    init('setresgid', [gid, gid, gid]),
    init('setresuid', [uid, uid, uid]),
    // A change of uid makes us undumpable, and then /proc/self belongs to root (proc(5)).
    init('prctl', [PR_SET_DUMPABLE, 1, 0, 0, 0]),
    init('unshare', [CLONE_NEWUSER], { failure: userNamespaces }),
    ...mapIdsSteps({ inside, outside: { uid, gid } }),
    // Cleared by the change of uid.
    init('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
  ]
}

/**
 * Steps after which neither the init nor the program can gain a privilege again: no user namespace
 * below this one, no capability, also not as uid 0 inside, none by execve(2).
 *
 * @param lastCapability the kernel's highest, from /proc/sys/kernel/cap_last_cap
 */
export function dropPrivilegesSteps(lastCapability: number): Step[] {
  const failure: StepFailure = { code: 'SETUP_FAILED' }
  return [
    // Per namespace (user_namespaces(7)): a namespace of its own would make the program root in it.
    ...writeProcSteps('sys/user/max_user_namespaces', '0', failure),
    // Of all processes on the machine the out-of-memory killer shall choose this sandbox's (proc(5)).
    ...writeProcSteps('self/oom_score_adj', '1000', failure),
    init('close', [FD.proc]),
    init('prctl', [PR_SET_SECUREBITS, SECBIT_ALL_LOCKED, 0, 0, 0]),
    ...Array.from({ length: lastCapability + 1 }, (_, capability) =>
      init('prctl', [PR_CAPBSET_DROP, capability, 0, 0, 0]),
    ),
    // struct __user_cap_header_struct: version, pid 0; then two empty sets (capset(2)).
    init('capset', [words(LINUX_CAPABILITY_VERSION_3), words(0, 0, 0)]),
    init('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0]),
    // From here on the program may neither trace us nor read our /proc files (ptrace(2)).
    init('prctl', [PR_SET_DUMPABLE, 0, 0, 0, 0]),
  ]
}
