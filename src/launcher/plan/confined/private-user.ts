import {
  AT_FDCWD,
  EPERM,
  LINUX_CAPABILITY_VERSION_3,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_WRONLY,
  PR_CAPBSET_DROP,
  PR_SET_PDEATHSIG,
  PR_SET_SECUREBITS,
  SECBIT_ALL_LOCKED,
  SIGKILL,
} from '../../../linux/constants.ts'
import { at, load, type Step, stepsOf, text, words } from '../../step.ts'
import type { Ids } from '../paths.ts'

const target = stepsOf('target')

/** The place of the target's session number. */
export const sessionArea = {
  name: 'session',
  fields: [
    { name: 'fd', size: 8 },
    { name: 'id', size: 8 },
  ],
}

/**
 * Steps with which root's target becomes a user that no other process has, without any capability. The
 * securebits keep setresuid(2) from dropping capabilities, so capset(2) drops them. Root may lack
 * CAP_SETPCAP; then no_new_privs alone keeps the program from gaining capabilities.
 */
export function becomePrivateUserSteps({ uid, gid }: Ids, lastCapability: number): Step[] {
  return [
    ...Array.from({ length: lastCapability + 1 }, (_, capability) =>
      target('prctl', [PR_CAPBSET_DROP, capability, 0, 0, 0], { tolerate: EPERM }),
    ),
    target('prctl', [PR_SET_SECUREBITS, SECBIT_ALL_LOCKED, 0, 0, 0], { tolerate: EPERM }),
    target('setgroups', [0, 0]),
    target('setresgid', [gid, gid, gid]),
    target('setresuid', [uid, uid, uid]),
    target('capset', [words(LINUX_CAPABILITY_VERSION_3), words(0, 0, 0)]),
    // The change of uid clears PR_SET_PDEATHSIG (prctl(2)). The step sets it again, for the case that a
    // process kills the init.
    target('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
  ]
}

/**
 * Steps by which an ordinary user's target notes its session, which no process of the run can leave. If the init is
 * killed, the next run finds its processes by the number of the session.
 *
 * @param file absolute path of the note
 */
export function noteSessionSteps(file: string): Step[] {
  return [
    target('getsid', [0], { store: 'session.id' }),
    target('openat', [AT_FDCWD, text(file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600], {
      store: 'session.fd',
    }),
    target('write', [load('session.fd'), at('session.id'), 8]),
    target('close', [load('session.fd')]),
    target('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
  ]
}
