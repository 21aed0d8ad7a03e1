import { isatty } from 'node:tty'

/** Whether the command gets a terminal of its own. The condition is that stdin and stdout are both a terminal. */
export const isInteractive = (): boolean => isatty(0) && isatty(1)
