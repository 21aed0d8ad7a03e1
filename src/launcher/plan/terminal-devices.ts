import { AT_FDCWD, EEXIST, MS_NOEXEC, MS_NOSUID } from '../../linux/constants.ts'
import { type Step, type StepFailure, stepsOf, text } from '../step.ts'
import type { HostPath } from './host.ts'
import { bindSteps, type HostMount } from './mount-steps.ts'
import { FreshDirectories } from './paths.ts'

const init = stepsOf('init')

/** The error of a failed step that makes a terminal. */
export const terminalFailure: StepFailure = {
  code: 'SETUP_FAILED',
  hint: "The sandbox's pseudo-terminal could not be made (kernel.pty.max?). Without `terminal`, or on the command line with its output in a pipe, `| cat`, the program runs without one.",
}

/** The number of pseudo-terminals that the sandbox may have. The host's kernel has 4096 in total. */
const PTY_MAX = 64

/** Steps in the host's root that bind /dev/tty, with which a program opens its own terminal. */
export function terminalDeviceSteps(
  remount: ((source: string) => readonly HostMount[]) | undefined,
): Step[] {
  const device: HostPath & { type: 'bind' } = {
    type: 'bind',
    source: '/dev/tty',
    target: 'dev/tty',
    isDirectory: false,
    writable: false,
    noexec: true,
  }
  return bindSteps(
    { ...device, readOnly: true, devices: true, remount: remount?.(device.source) },
    new FreshDirectories(),
  )
}

/** Steps that mount an instance of devpts in the directory that is or becomes the root. */
export function mountTerminalsSteps(): Step[] {
  const options = text(`newinstance,ptmxmode=0666,mode=0620,max=${PTY_MAX}`)
  const mount = [text('devpts'), text('dev/pts'), text('devpts'), MS_NOSUID | MS_NOEXEC, options]
  const failure = terminalFailure
  return [
    init('mkdirat', [AT_FDCWD, text('dev/pts'), 0o755], { tolerate: EEXIST, failure }),
    init('mount', mount, { failure }),
  ]
}

/** The step that makes /dev/ptmx. */
export const linkToTerminalsStep: Step = init(
  'symlinkat',
  [text('pts/ptmx'), AT_FDCWD, text('dev/ptmx')],
  { failure: terminalFailure },
)
