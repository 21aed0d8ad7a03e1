import { isatty } from 'node:tty'

/** Whether the command gets a terminal of its own: when both stdin and stdout are the user's terminal. */
export const isInteractive = (): boolean => isatty(0) && isatty(1)
