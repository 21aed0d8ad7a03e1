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

/** The memory for the number of the target's session. */
export const sessionArea = {
  name: 'session',
  fields: [
    { name: 'fd', size: 8 },
    { name: 'id', size: 8 },
  ],
}

/**
 * Steps with which root's target takes a uid that no other process has, and drops every capability. The
 * securebits keep setresuid(2) from dropping capabilities, so capset(2) drops them. If root lacks CAP_SETPCAP,
 * no_new_privs alone keeps the program from gaining capabilities.
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
    // The change of uid clears PR_SET_PDEATHSIG (prctl(2)). This step sets the signal again, because the program must
    // end if a process kills the init.
    target('prctl', [PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0]),
  ]
}

/**
 * Steps by which an ordinary user's target writes the number of its session to a file. No process of the run can leave
 * the session. If a process kills the init, the next run finds the remaining processes by this number.
 *
 * @param file the absolute path of the new file
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
