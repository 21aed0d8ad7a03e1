import { AF_UNIX } from '../linux/constants.ts'
import { visibleLine } from '../units/visible.ts'
import { fill } from './feedback-texts.ts'
import type { FinishedRun } from './finished-run.ts'
import type { FeedbackTexts } from './languages/texts.ts'

type Action = Exclude<keyof FeedbackTexts['actions'], 'call'>

const callsOf: Readonly<Record<Action, string>> = {
  network: `socket connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
    getsockopt setsockopt getsockname getpeername shutdown`,
  socket: 'socketpair',
  process: 'clone clone3 fork vfork',
  program: 'execve execveat',
  otherProcess: `ptrace process_vm_readv process_vm_writev process_madvise kcmp kill tkill tgkill rt_sigqueueinfo
    rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal`,
  system: `mount umount2 pivot_root chroot mount_setattr open_tree move_mount fsopen fsconfig fsmount fspick setns unshare
    reboot sethostname setdomainname init_module finit_module delete_module kexec_load kexec_file_load swapon swapoff
    settimeofday clock_settime clock_adjtime adjtimex acct bpf quotactl syslog ioperm iopl personality`,
}

const actions = new Map(
  Object.entries(callsOf).flatMap(([action, names]) =>
    names.split(/\s+/).map((name) => [name, action as Action] as const),
  ),
)

/** Describes what a program tried with a system call, as a clause in the student's language. */
export function actionOf(
  { name, args }: NonNullable<FinishedRun['syscall']>,
  texts: FeedbackTexts,
): string {
  const action = actions.get(name)
  if (action === undefined) return fill(texts.actions.call, { call: visibleLine(name) })
  if (name === 'socket' && Number(args[0]) === AF_UNIX) return texts.actions.socket
  return texts.actions[action]
}
