/** Whether the command gets a terminal of its own: where the user's is on both sides. */
export const isInteractive = (): boolean =>
  process.stdin.isTTY === true && process.stdout.isTTY === true
