import { isatty } from 'node:tty'

/** Whether the command gets a terminal of its own: where the user's is on both sides. */
export const isInteractive = (): boolean => isatty(0) && isatty(1)
