import type { TerminalUse } from '../launcher/plan/terminal-steps.ts'
import type { Step } from '../launcher/step.ts'
import type { IsolationLevel } from './isolation/level.ts'

/** A pseudo-terminal for a run, and the socket through which this process receives its master. */
export interface RunTerminal extends TerminalUse {
  readonly socket: number
}

/** Options of the command line tool in addition to a run's options. */
export interface RunExtras {
  /** The pseudo-terminal that replaces standard streams. */
  readonly terminal?: RunTerminal | undefined
  /**
   * Each attempt calls this function with all steps of the launch program, when the launch program gets its request.
   */
  readonly onPlan?: ((steps: readonly Step[]) => void) | undefined
  /** The only level of isolation to try. By default, the run uses the strongest level that the machine has. */
  readonly level?: IsolationLevel | undefined
}
